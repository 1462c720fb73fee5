"""A mail server that takes every mail and keeps none: smtp-sink of Postfix.

Where that is not installed, a small one of our own in a process beside.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager


@contextmanager
def sink():
    """Run one; gives its port and its name."""
    port = free_port()
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    command = [sys.executable, "-m", "bench.sink", str(port)]
    if program:
        command = [program, "-c", f"127.0.0.1:{port}", "1000"]
        if os.geteuid() == 0:
            command[1:1] = ["-u", "nobody"]
    with serving(command, port):
        yield port, "smtp-sink" if program else "a sink of our own"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def serving(command, port):
    """Run a server as a process, from its first answer on."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield
    finally:
        process.kill()
        process.wait()


def wait_for(port):
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("The server does not answer.")


class Conversation(asyncio.Protocol):
    """Answers each line that comes, several at once too."""

    def connection_made(self, transport):
        self.transport, self.rest, self.in_mail = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.rest += data
        answers = []
        while self.rest and (answer := self.next_answer()):
            answers.append(answer)
        self.transport.write(b"".join(answers))

    def next_answer(self):
        end = b"\r\n.\r\n" if self.in_mail else b"\r\n"
        found, separator, rest = self.rest.partition(end)
        if not separator:
            return None
        self.rest = rest
        if self.in_mail:
            self.in_mail = False
            return b"250 taken\r\n"
        command = found[:4].upper()
        if command == b"DATA":
            self.in_mail = True
            return b"354 go on\r\n"
        return (
            b"250-sink\r\n250 PIPELINING\r\n" if command == b"EHLO" else b"250 OK\r\n"
        )


async def serve(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Conversation, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
