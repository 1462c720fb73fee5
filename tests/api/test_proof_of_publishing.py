"""Concurrent clients, hostile bodies, web workers killed: nothing lost, nothing twice."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from funnel.models import Activity
from marketing_os.lib.api.keys import create_key
from marketing_os.lib.models import IdempotentResponse
from tests import make
from tests.api.publishing_client import Client, Told
from tests.messaging.processes import environment, free_port
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prove,
    pytest.mark.django_db(transaction=True),
]

CLIENTS = scaled(4, 20)
REQUESTS = scaled(60, 600)  # of each client: 200 a second for 60 s at full size
KILLS = scaled(6, 40)


@contextmanager
def web(application="marketing_os.wsgi"):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--no-control-socket"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
    process = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=environment(ALLOWED_HOSTS="127.0.0.1"),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: workers_of(process), timeout=60)
        yield ("127.0.0.1", port), process
    finally:
        process.terminate()
        process.wait()


def workers_of(process):
    path = f"/proc/{process.pid}/task/{process.pid}/children"
    with open(path) as children:
        return [int(pk) for pk in children.read().split()]


class Killer(threading.Thread):
    """Kills a random web worker, time and again, until the clients are done."""

    def __init__(self, process, told):
        super().__init__()
        self.process, self.told, self.killed = process, told, 0
        self.done = threading.Event()

    def run(self):
        chance = random.Random(7)
        while self.killed < KILLS and not self.done.wait(0.3 + chance.random()):
            if alive := workers_of(self.process):
                os.kill(chance.choice(alive), signal.SIGKILL)
                self.killed += 1


def play(address, secret, customers, process):
    told = Told()
    clients = [
        Client(
            address,
            secret,
            customers,
            told,
            seed,
            count=REQUESTS,
            pause=scaled(0.02, 0.1),
        )
        for seed in range(CLIENTS)
    ]
    killer = Killer(process, told)
    for thread in (*clients, killer):
        thread.start()
    for client in clients:
        client.join()
    killer.done.set()
    killer.join()
    return told, killer.killed


def repeated_keys():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) - count(DISTINCT properties ->> 'key') FROM activities"
        )
        return cursor.fetchone()[0]


def test_every_answer_has_its_row_and_none_is_there_twice():
    customers = [make.customer().pk for _ in range(50)]
    _key, secret = create_key("proof", ["events:write"])

    with web() as (address, process):
        told, killed = play(address, secret, customers, process)

    stored = dict(Activity.objects.values_list("properties__key", "pk"))
    assert killed > 0
    assert told.good
    assert told.contradictions == []
    assert {name: stored.get(name) for name in told.good} == told.good
    assert repeated_keys() == 0
    assert set(told.statuses) <= {200, 201}
    assert told.hostile_statuses <= set(range(400, 500))
    assert IdempotentResponse.objects.count() == Activity.objects.count()


def test_a_view_that_keeps_no_answer_stores_twice():
    customers = [make.customer().pk for _ in range(50)]
    _key, secret = create_key("proof", ["events:write"])

    with web("tests.api.naive_app:application") as (address, process):
        play(address, secret, customers, process)

    assert repeated_keys() > 0
