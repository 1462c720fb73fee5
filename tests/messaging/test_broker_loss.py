"""A broker that forgets all it holds and goes away: that costs time, never a mail."""

import signal
import time

import pytest

from marketing_os.dev.valkey import Valkey, broker_url
from messaging.models import Delivery
from tests import make
from tests.messaging import ledger, processes
from tests.messaging.own_servers import own_server, tell
from tests.messaging.resend_imitation import resend
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.prove,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
CELERY = ("-m", "celery", "-A", "marketing_os", "--quiet")
WORKER = (*CELERY, "worker", "--pool", "solo")
BEAT = (*CELERY, "beat", "--pidfile=")


def lose_all(broker, path):
    """Empty the broker, end it hard and start it again."""
    tell(path, b"FLUSHALL")
    broker.end(signal.SIGKILL)
    broker.start()


def test_a_lost_broker_loses_and_doubles_nothing(record_property):
    total, losses = scaled((1000, 2), (10_000, 10))
    make.customers(total)
    dispatch = ledger.dispatch()
    lost_at, waited = [], []

    with own_server(Valkey) as (broker, places), resend() as api:
        # Each refusal ends a worker's turn, so that the next one needs a new hint.
        api.latency, api.fault_every = 0.02, 4
        env = {
            "BROKER_URL": broker_url(places),
            "RESEND_API_KEY": "re_test",
            "RESEND_API_URL": api.url,
            "RESEND_REQUESTS_PER_SECOND": "0",
        }
        running = [processes.start(*one, **env) for one in (WORKER, WORKER, BEAT)]

        def all_is_settled():
            sent = len(api.mails)
            if len(waited) < len(lost_at) and sent > lost_at[-1][0]:
                waited.append(time.monotonic() - lost_at[-1][1])
            if len(lost_at) < losses and sent > (len(lost_at) + 1) * total / (
                losses + 2
            ):
                lose_all(broker, places.sockets / "valkey.sock")
                lost_at.append((len(api.mails), time.monotonic()))
            return not dispatch.deliveries.filter(state__in=Delivery.WAITING).exists()

        try:
            wait_until(all_is_settled, timeout=900)
        finally:
            for process in running:
                processes.kill(process)

    assert len(lost_at) == losses
    assert len(api.recipients) == len(set(api.recipients)) == total
    assert dispatch.deliveries.filter(state="accepted").count() == total
    record_property(
        "figures",
        f"{total} mails, the broker lost {losses} times: all arrived once;"
        f" the longest wait was {max(waited, default=0):.0f} s",
    )


def test_mails_that_wait_in_the_broker_would_be_lost():
    with own_server(Valkey) as (broker, places):
        path = places.sockets / "valkey.sock"
        for number in range(20):
            tell(path, f"RPUSH mails {number}".encode())
        sent = [tell(path, b"LPOP mails") for _ in range(5)]
        lose_all(broker, path)
        sent += [tell(path, b"LPOP mails") for _ in range(15)]

    arrived = [answer for answer in sent if not answer.startswith(b"$-1")]
    assert len(arrived) < 20, "This proof would not see a lost mail."
