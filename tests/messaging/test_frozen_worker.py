"""Workers that stand still past their lease and then go on: nothing goes out twice."""

import os
import signal

import pytest

from tests import make
from tests.messaging import ledger, processes
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.prove,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
FREEZES, MAILS, CHUNK = scaled(1, 50), 120, 20


def ids(dispatch, state):
    return set(dispatch.deliveries.filter(state=state).values_list("pk", flat=True))


def freeze_one_worker(sink, dispatch, *command, **env):
    """Stop a worker amid its mails, let another do all, and let the first one go on.

    Returns what was in doubt before the first one went on.
    """
    before = sink.size()
    frozen = processes.start(*command, **env)
    try:
        wait_until(lambda: sink.size() >= before + 50, 60)
        os.kill(frozen.pid, signal.SIGSTOP)
        other = processes.start(*command, **env)
        other.wait(60)
        in_doubt = ids(dispatch, "unknown")
        os.kill(frozen.pid, signal.SIGCONT)
        frozen.wait(60)
    finally:
        processes.kill(frozen)
    return in_doubt


def test_a_worker_frozen_past_its_lease_sends_nothing_twice(tmp_path, record_property):
    make.customers(MAILS)
    doubted = 0

    with processes.sink(tmp_path) as sink:
        for _ in range(FREEZES):
            dispatch = ledger.dispatch()
            in_doubt = freeze_one_worker(
                sink, dispatch, *processes.WORKER, **sink.environment()
            )
            # The other worker took the chunk for lost; the frozen one knew better.
            assert len(in_doubt) <= CHUNK
            assert len(ids(dispatch, "accepted")) == MAILS
            doubted += len(in_doubt)
        taken = sink.taken()

    assert len(taken) == FREEZES * MAILS
    assert max(taken.values()) == 1
    record_property(
        "figures", f"{FREEZES} freezes, {doubted} mails in doubt meanwhile: none twice"
    )


def test_a_worker_that_trusts_its_lease_sends_twice(tmp_path):
    make.customers(MAILS)
    naive = ("-m", "tests.messaging.naive_leases")

    with processes.sink(tmp_path) as sink:

        def somebody_got_two():
            dispatch = ledger.dispatch()
            command = (*naive, str(sink.port), str(dispatch.pk))
            freeze_one_worker(sink, dispatch, *command)
            return max(sink.taken().values()) > 1

        wait_until(somebody_got_two, 120, "This proof would not see a duplicate.")
