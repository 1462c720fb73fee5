"""A client of the API for the proofs: sends until it knows, and keeps what it was told."""

import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field

HOSTILE = (
    b'{"customer_id": 1, "name": NaN}',
    b'{"name": "a", "name": "b"}',
    b'{"name": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"amount": 1e400, "name": "x"}',
    b'{"amount": ' + b"9" * 6000 + b"}",
    b"[" * 200_000,
    b"\xff\xfe",
    b'{"name": ',
    b'{"items": 3}',
)


@dataclass
class Told:
    """What the server told its clients."""

    good: dict[str, int] = field(default_factory=dict)  # the event's own key: its id
    statuses: dict[int, int] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    hostile_statuses: set[int] = field(default_factory=set)
    lost: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, name, status, body):
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status in (200, 201):
                pk = json.loads(body)["id"]
                if self.good.setdefault(name, pk) != pk:
                    self.contradictions.append(name)


class Client(threading.Thread):
    """One integration: a share of its requests are repeats, a share is hostile.

    It begins one every `pause` seconds, however long the answers take.
    """

    def __init__(self, address, secret, customers, told, seed, *, count, pause=0.0):
        super().__init__()
        self.address, self.secret, self.customers = address, secret, customers
        self.told, self.count, self.pause = told, count, pause
        self.chance = random.Random(seed)
        self.sent = []

    def run(self):
        began = time.monotonic()
        for number in range(self.count):
            time.sleep(max(0.0, began + number * self.pause - time.monotonic()))
            draw = self.chance.random()
            if draw < 0.05:
                self.send_hostile()
            elif draw < 0.25 and self.sent:
                self.send(*self.chance.choice(self.sent))
            else:
                self.send_new()

    def send_new(self):
        name = str(uuid.UUID(int=self.chance.getrandbits(128)))
        body = {
            "customer_id": self.chance.choice(self.customers),
            "name": "purchase",
            "occurred_at": "2026-11-02T09:30:00Z",
            "properties": {"key": name},
        }
        self.sent.append((name, json.dumps(body).encode()))
        self.send(*self.sent[-1])

    def send(self, name, body):
        """Send until there is an answer, as an integration does that wants to know."""
        for _ in range(200):
            try:
                status, text = self.ask(body, name)
            except (OSError, http.client.HTTPException):
                with self.told.lock:
                    self.told.lost += 1
                time.sleep(0.02)
                continue
            self.told.keep(name, status, text)
            if status < 500:
                return
            time.sleep(0.02)

    def send_hostile(self):
        try:
            status, _text = self.ask(self.chance.choice(HOSTILE), str(uuid.uuid4()))
        except (OSError, http.client.HTTPException):
            return
        with self.told.lock:
            self.told.hostile_statuses.add(status)

    def ask(self, body, name):
        line = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            line.request(
                "POST",
                "/api/v1/activities/",
                body,
                {
                    "Authorization": f"Api-Key {self.secret}",
                    "Idempotency-Key": name,
                    "Content-Type": "application/json",
                },
            )
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()
