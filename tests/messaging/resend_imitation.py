"""Resend's API on loopback: keys, answers and faults as its documentation has them.

`POST /emails/batch` takes up to 100 mails; it is strict unless the header
x-batch-validation says permissive, keeps idempotency keys for 24 hours, answers 409 to
a key that is in use or was used for something else, and 429 to too many requests.

`python -m tests.messaging.resend_imitation PORT LATENCY MOST` runs it by itself, with
so many seconds before each answer and so many requests in a second (0: any number).
"""

import hashlib
import json
import re
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS = re.compile(r"[^\s@<>,]+@[^\s@<>,]+\.[^\s@<>,]+")
KEY_SECONDS = 24 * 3600
MOST_MAILS = 100


class Resend:
    """What was asked and sent; `faults` are played one per request, then none.

    "lost": sent, but the connection breaks before the answer. "lost before": nothing
    sent either. A number: that status, nothing sent. ("sent", number): sent, and still
    that status. A name as the second of a pair with a number: that status and error.
    """

    def __init__(self):
        self.requests = []  # (path, headers, body)
        self.mails = []  # one body per mail that really went out
        self.keys = {}  # key -> (sha256 of the body, the answer, when)
        self.in_flight = set()
        self.faults = []
        self.refused = set()  # addresses that do not pass validation
        self.foul = set()  # subjects for which it refuses whole requests
        self.latency = 0.0
        self.pause = 0.0  # between the record of a request and its answer, now and then
        self.remembers_keys = True
        self.repeats = 0
        self.most = None  # requests in `window` seconds
        self.window = 1
        self.times = []
        self.fault_every = 0
        self.now = time.time
        self.lock = threading.Lock()

    def next_fault(self):
        if self.faults:
            return self.faults.pop(0)
        if self.fault_every and len(self.requests) % self.fault_every == 0:
            kinds = ("lost", 500, ("sent", 502), 429, "lost before", 503)
            return kinds[len(self.requests) // self.fault_every % len(kinds)]
        return None

    def answer(self, path, headers, body):
        """Return a status and a JSON answer; None in the place of both breaks off."""
        key = headers.get("Idempotency-Key")
        with self.lock:
            self.requests.append((path, headers, body))
            fault = self.next_fault()
            if path != "/emails/batch":
                return 404, problem("not_found", "There is no such path.")
            if self.is_too_much():
                return 429, problem("rate_limit_exceeded", "Too many requests.")
            if key in self.in_flight:
                return 409, problem("concurrent_idempotent_requests", "In progress.")
            if key:
                self.in_flight.add(key)
        try:
            time.sleep(self.latency)
            with self.lock:
                answer = self.play(fault, key, headers, body)
            if self.pause and len(self.requests) % 2:
                time.sleep(self.pause)
            return answer
        finally:
            with self.lock:
                self.in_flight.discard(key)

    def is_too_much(self):
        if self.most is None:
            return False
        now = time.monotonic()
        self.times = [moment for moment in self.times if moment > now - self.window]
        if len(self.times) >= self.most:
            return True
        self.times.append(now)
        return False

    def play(self, fault, key, headers, body):
        match fault:
            case "lost before":
                return None
            case int(status):
                return status, problem("imitated", "imitated fault")
            case (int(status), str(name)):
                return status, problem(name, "imitated fault")
        status, reply = self.send(key, headers, body)
        if fault == "lost":
            return None
        return (fault[1], {}) if fault else (status, reply)

    def send(self, key, headers, body):
        digest = hashlib.sha256(body).hexdigest()
        known, reply, then = self.keys.get(key, (None, None, 0))
        if known and self.now() - then < KEY_SECONDS:
            if known != digest:
                return 409, problem("invalid_idempotent_request", "Another body.")
            self.repeats += 1
            return 200, reply
        status, reply = self.take(json.loads(body), headers.get("x-batch-validation"))
        if key and status == 200 and self.remembers_keys:
            self.keys[key] = (digest, reply, self.now())
        return status, reply

    def take(self, mails, validation):
        if not isinstance(mails, list) or not 0 < len(mails) <= MOST_MAILS:
            return 422, problem("validation_error", "Send 1 to 100 mails.")
        if self.foul & {mail.get("subject") for mail in mails}:
            return 422, problem("validation_error", "Something in here is foul.")
        errors = [
            {"index": index, "message": message}
            for index, mail in enumerate(mails)
            if (message := self.fault_of(mail))
        ]
        if errors and validation != "permissive":
            return 422, problem("validation_error", errors[0]["message"])
        wrong = {error["index"] for error in errors}
        taken = [mail for index, mail in enumerate(mails) if index not in wrong]
        first = len(self.mails) + 1
        self.mails += taken
        data = [{"id": f"mail-{first + place}"} for place in range(len(taken))]
        return 200, {"data": data} | ({"errors": errors} if errors else {})

    def fault_of(self, mail):
        for field in ("from", "to", "subject"):
            if not mail.get(field):
                return f"Missing `{field}` field."
        to = mail["to"]
        if not all(ADDRESS.fullmatch(one) for one in to) or self.refused & set(to):
            return "Invalid `to` field."
        return ""

    @property
    def recipients(self):
        return [address for mail in self.mails for address in mail["to"]]


def problem(name, message):
    return {"name": name, "message": message}


def server_of(imitation, port=0):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Or the answer's two parts wait for each other.
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it died amid it: no request came
                self.close_connection = True
                return
            answer = imitation.answer(self.path, dict(self.headers), body)
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

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_details: None  # killed clients break off
    return server


@contextmanager
def resend():
    """Run the imitation in a thread; its address is `url`."""
    imitation = Resend()
    server = server_of(imitation)
    imitation.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield imitation
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    alone = Resend()
    alone.latency, alone.most = float(sys.argv[2]), int(sys.argv[3]) or None
    server_of(alone, int(sys.argv[1])).serve_forever()
