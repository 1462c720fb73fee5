"""Many clients who ask for news by the clock; they need no Django."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 32
_TAG = re.compile(rb"\r\netag: (\S+)", re.IGNORECASE)


def poll(port, path, headers, every, seconds):
    """Let each client ask once in `every` seconds, one after the other; return how long
    each answer took, in seconds, from when it was due."""
    step, tags = every / len(headers), {}
    start = time.monotonic() + 0.5

    def ask(number):
        due = start + number * step
        time.sleep(max(0.0, due - time.monotonic()))
        who = number % len(headers)
        tags[who] = _ask(port, path, headers[who], tags.get(who))
        return time.monotonic() - due

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, range(int(seconds / step))))


def _ask(port, path, header, tag):
    """Ask on a new connection; return the tag to ask with next time."""
    known = f"If-None-Match: {tag}\r\n" if tag else ""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"{header}{known}\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(request.encode())
        answer = b""
        while part := line.recv(65_536):
            answer += part
    status = answer.split(b" ", 2)[1]
    if status not in (b"200", b"304"):
        raise RuntimeError(f"The answer was {status.decode()}.")
    found = _TAG.search(answer)
    return found[1].decode() if found else tag
