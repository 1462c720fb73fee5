"""Another system on this machine that is called: it keeps what it got.

As a process of its own (`python -m tests.workflows.receiver PORT FILE`) it writes the
webhook-id of each call as a line before it answers, for tests that kill the caller.
"""

import base64
import hashlib
import hmac
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.got = []
        self.status = 204
        self.headers = {}
        self.pause = 0
        self.kept = None
        self.url = f"http://127.0.0.1:{self.server_port}/hooks?from=mos"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        server = self.server
        server.got.append((self.path, dict(self.headers.items()), body))
        if server.kept:
            with open(server.kept, "a") as file:
                file.write(self.headers["webhook-id"] + "\n")
        time.sleep(server.pause)
        self.send_response(server.status)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_parts):
        pass


def is_signed(secret, headers, body):
    """Check a signature as the receiver of “Standard Webhooks” does."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}"
    digest = hmac.new(key, content.encode(), hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return wanted in headers["webhook-signature"].split(" ")


if __name__ == "__main__":
    receiver = Receiver(int(sys.argv[1]))
    receiver.kept = sys.argv[2]
    receiver.pause = 0.3
    receiver.serve_forever()
