"""An SMTP server as a process of its own, for tests that kill senders.

It writes the number of each delivery that it takes as a line into a file before it
answers, and lets a sender wait a little for the answer, so that some are killed
meanwhile.
"""

import asyncio
import random
import re
import sys

DELIVERY = re.compile(rb"^Message-ID: <(?:mos-)?(\d+)", re.MULTILINE)


async def serve(port, path):
    with open(path, "ab", buffering=0) as file:
        server = await asyncio.start_server(
            lambda reader, writer: converse(reader, writer, file), "127.0.0.1", port
        )
        async with server:
            await server.serve_forever()


async def converse(reader, writer, file):
    answers = {b"EHLO": b"250 sink", b"DATA": b"354 go on", b"QUIT": b"221 bye"}
    writer.write(b"220 sink\r\n")
    try:
        while line := await reader.readline():
            word = line[:4].upper()
            writer.write(answers.get(word, b"250 OK") + b"\r\n")
            if word == b"DATA":
                mail = await reader.readuntil(b"\r\n.\r\n")
                file.write(DELIVERY.search(mail)[1] + b"\n")
                await asyncio.sleep(random.uniform(0, 0.003))
                writer.write(b"250 taken\r\n")
            await writer.drain()
            if word == b"QUIT":
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
