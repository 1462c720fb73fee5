"""Keep-alive clients that publish activities; they need no Django."""

import json
import socket
import time
import uuid
from threading import Thread

CLIENTS = 6


def load(port, secret, first, customers, size, seconds):
    """Send from several connections for some seconds; answers per second."""
    counts = [0] * CLIENTS
    until = time.monotonic() + seconds
    threads = [
        Thread(
            target=_client,
            args=(counts, place, port, secret, (first, customers), size, until),
        )
        for place in range(CLIENTS)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


def _client(counts, place, port, secret, ids, size, until):
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < until:
            line.sendall(_request(secret, ids, size, counts[place] * 7 + place))
            status = _answer(line)
            if status not in (b"200", b"201"):
                raise RuntimeError(f"The answer was {status.decode()}.")
            counts[place] += 1


def _request(secret, ids, size, number):
    rows = [
        {
            "customer_id": ids[0] + (number * size + place) % ids[1],
            "name": "purchase",
            "properties": {"course": "MBA", "seats": place},
        }
        for place in range(size)
    ]
    path, body = "activities/batch/", json.dumps({"items": rows})
    if size == 1:
        path, body = "activities/", json.dumps(rows[0])
    return (
        f"POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Api-Key {secret}\r\nIdempotency-Key: {uuid.uuid4()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _answer(line):
    """Read one whole answer; return its status."""
    held = b""
    while b"\r\n\r\n" not in held:
        held += _received(line)
    head, _, body = held.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += _received(line)
    return head.split(b" ", 2)[1]


def _received(line):
    part = line.recv(65536)
    if not part:
        raise RuntimeError("The server closed the connection.")
    return part
