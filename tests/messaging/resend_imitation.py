"""Resend's API on loopback: keys, answers and faults as its documentation has them."""

import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Resend:
    """What was asked and sent; `faults` are played one per request, then none.

    "lost": sent, but the connection breaks before the answer. A number: that status,
    nothing sent. ("sent", number): sent, and still that status.
    """

    def __init__(self):
        self.requests = []  # (path, headers, body)
        self.mails = []  # one body per mail that really went out
        self.keys = {}  # key -> (sha256 of the body, the answer)
        self.faults = []
        self.latency = 0.0
        self.fault_every = 0
        self.lock = threading.Lock()

    def next_fault(self):
        if self.faults:
            return self.faults.pop(0)
        if self.fault_every and len(self.requests) % self.fault_every == 0:
            kinds = ("lost", 500, ("sent", 502), 429, "lost", 503)
            return kinds[len(self.requests) // self.fault_every % len(kinds)]
        return None

    def answer(self, path, headers, body):
        """Return a status and a JSON answer; None in the place of both breaks off."""
        with self.lock:
            self.requests.append((path, headers, body))
            fault = self.next_fault()
            if isinstance(fault, int):
                return fault, {"name": "imitated", "message": "imitated fault"}
            status, reply = self.send(headers.get("Idempotency-Key"), body)
        if fault == "lost":
            return None
        return (fault[1], {}) if fault else (status, reply)

    def send(self, key, body):
        digest = hashlib.sha256(body).hexdigest()
        if key in self.keys:
            known, reply = self.keys[key]
            if known != digest:
                return 409, {"name": "invalid_idempotent_request", "message": "other"}
            return 200, reply
        mail = json.loads(body)
        self.mails.append(mail)
        reply = {"id": f"mail-{len(self.mails)}"}
        if key:
            self.keys[key] = (digest, reply)
        return 200, reply

    @property
    def recipients(self):
        return [address for mail in self.mails for address in mail["to"]]


@contextmanager
def resend():
    """Run the imitation; its address is `url`."""
    imitation = Resend()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = imitation.answer(self.path, dict(self.headers), body)
            time.sleep(imitation.latency)
            if answer is None:
                self.close_connection = True
                return
            data = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(data)))
            if answer[0] == 429:
                self.send_header("retry-after", "0.1")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_details: None  # killed clients break off
    imitation.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield imitation
    finally:
        server.shutdown()
        server.server_close()
