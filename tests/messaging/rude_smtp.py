"""An SMTP server that misbehaves where a test tells it to."""

import socketserver
import threading
from contextlib import contextmanager


class RudeServer:
    """`plan` maps a command to what is done the next times it comes, in order.

    A text is the answer, None breaks the connection without one; when the plan is
    used up, everything is answered well. "CONNECT" is the greeting and "CONTENT" the
    end of a mail. With `pipelining` it takes several commands at once.
    """

    def __init__(self, pipelining, **plan):
        self.usual = USUAL | ({"EHLO": PIPELINING} if pipelining else {})
        self.plan = {command: list(deeds) for command, deeds in plan.items()}
        self.mails = []
        self.connections = 0

    def deed(self, command, usual):
        deeds = self.plan.get(command)
        return deeds.pop(0) if deeds else usual


USUAL = {"DATA": "354 go on", "QUIT": "221 bye", "EHLO": "250-rude\r\n250 HELP"}
PIPELINING = "250-rude\r\n250 PIPELINING"


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.rude.connections += 1
        if not self.say("CONNECT", "220 rude"):
            return
        while line := self.rfile.readline():
            command = line[:4].decode().strip().upper()
            answer = self.say(command, self.server.rude.usual.get(command, "250 OK"))
            if command == "DATA" and answer and answer.startswith("354"):
                answer = self.take()
            if not answer:
                return

    def take(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None  # hung up: the mail is none
            lines.append(line)
        self.server.rude.mails.append(b"".join(lines))
        return self.say("CONTENT", "250 taken as 7F3A")

    def say(self, command, usual):
        answer = self.server.rude.deed(command, usual)
        if answer:
            self.wfile.write(f"{answer}\r\n".encode())
        return answer


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, *_details):
        """A client that breaks off is part of the test."""


@contextmanager
def rude_smtp(settings, *, pipelining=False, **plan):
    """Run such a server and let the settings name it."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.rude = RudeServer(pipelining, **plan)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_TIMEOUT = 2
        yield server.rude
        server.shutdown()
