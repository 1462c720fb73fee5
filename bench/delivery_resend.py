"""Mails over Resend's API, imitated on loopback as a process of its own.

The whole pipeline beside bodies that were prepared before and are only posted; then
with the latency and the limit that the real one has.
"""

import json
import sys
import time
from contextlib import contextmanager

import requests

from bench.delivery import make_template, ours
from bench.figures import at_least, figure
from bench.mails import NEWSLETTER, TEXT, make_customers
from bench.sink import free_port, serving

MAILS, BATCH, ROUNDS = 20_000, 100, 3
LATENCY, PER_SECOND = 0.1, 5
# As many as `make run` starts.
WORKERS = 2


def run():
    make_customers(MAILS)
    template = make_template(NEWSLETTER)
    with imitation() as url:
        rounds = [
            (posted(url), sent(template, url, 0), sent(template, url, 0, WORKERS))
            for _ in range(ROUNDS)
        ]
    plain, one, whole = (min(way) for way in zip(*rounds, strict=True))
    with imitation(LATENCY, PER_SECOND) as url:
        limited = sent(template, url, PER_SECOND)
    return all(
        [
            figure(
                "Resend, one process, to posting prepared bodies",
                MAILS / one,
                MAILS / plain,
                "mails/s",
            ),
            figure(
                "Resend, to posting prepared bodies",
                MAILS / whole,
                MAILS / plain,
                "mails/s",
                at_least(0.35),
            ),
            figure(
                f"Resend, {PER_SECOND} requests/s and {LATENCY} s of latency",
                MAILS / limited,
                PER_SECOND * BATCH,
                "mails/s",
                at_least(0.95),
            ),
        ]
    )


@contextmanager
def imitation(latency=0.0, most=0):
    port = free_port()
    program = [sys.executable, "-m", "tests.messaging.resend_imitation"]
    with serving([*program, str(port), str(latency), str(most)], port):
        yield f"http://127.0.0.1:{port}/"


def posted(url):
    """Post as many mails in bodies that stand ready; return the seconds."""
    bodies = [body(start) for start in range(0, MAILS, BATCH)]
    session = requests.Session()
    session.trust_env = False
    start = time.perf_counter()
    for number, content in enumerate(bodies):
        headers = {"Idempotency-Key": f"plain/{start}/{number}"}
        session.post(f"{url}emails/batch", data=content, headers=headers)
    return time.perf_counter() - start


def body(start):
    mails = [
        {
            "from": "news@example.org",
            "to": [f"customer{number}@example.org"],
            "subject": f"News for {number}",
            "html": NEWSLETTER.replace("{{ customer.first_name }}", str(number)),
            "text": TEXT.replace("{{ customer.first_name }}", str(number)),
        }
        for number in range(start, start + BATCH)
    ]
    return json.dumps(mails).encode()


def sent(template, url, per_second, processes=1):
    took = ours(
        template,
        processes,
        RESEND_API_KEY="re_bench",
        RESEND_API_URL=url,
        RESEND_REQUESTS_PER_SECOND=str(per_second),
        NO_PROXY="127.0.0.1",
    )
    return took.seconds
