"""Workers that are killed in the middle: nothing goes out twice, nothing is lost."""

import pytest

from messaging.models import Dispatch
from tests import make
from tests.messaging import ledger, processes
from tests.messaging.resend_imitation import resend
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MAILS, KILLS, WORKERS, CHUNK = scaled(5000, 20_000), scaled(8, 50), 2, 20


def ids(dispatch, *states):
    found = dispatch.deliveries.filter(state__in=states)
    return set(found.values_list("pk", flat=True))


@pytest.mark.prove
def test_thousands_of_mails_survive_kills_at_most_once_each(tmp_path, record_property):
    make.customers(MAILS)
    dispatch = ledger.dispatch()

    with processes.sink(tmp_path) as sink:
        killed = processes.run_and_kill(
            processes.WORKER,
            sink.size,
            kills=KILLS,
            workers=WORKERS,
            total=MAILS,
            **sink.environment(),
        )
        taken = sink.taken()

    accepted, unknown = ids(dispatch, "accepted"), ids(dispatch, "unknown")
    assert killed == KILLS
    assert len(accepted) + len(unknown) == MAILS
    assert max(taken.values()) == 1
    assert accepted <= set(taken) <= accepted | unknown
    assert len(unknown) <= KILLS * CHUNK
    dispatch.refresh_from_db()
    assert dispatch.state == Dispatch.State.DONE
    record_property(
        "figures",
        f"{MAILS} mails, {killed} kills: {len(accepted)} accepted,"
        f" {len(unknown)} unknown, {len(taken)} arrived, none twice",
    )


@pytest.mark.prove
def test_a_naive_sender_under_the_same_kills_sends_twice(tmp_path, record_property):
    make.customers(1500)
    dispatch = ledger.dispatch()

    with processes.sink(tmp_path) as sink:
        naive = ("-m", "tests.messaging.naive_sender", str(sink.port), str(dispatch.pk))
        processes.run_and_kill(
            naive, sink.size, kills=KILLS, workers=WORKERS, total=1500
        )
        taken = sink.taken()

    twice = [pk for pk, count in taken.items() if count > 1]
    assert len(ids(dispatch, "accepted")) == 1500
    assert twice, "This proof would not see a duplicate."
    record_property(
        "figures", f"naive sender: {len(twice)} mails went out more than once"
    )


def test_a_worker_that_is_asked_to_stop_finishes_its_chunk(tmp_path):
    make.customers(1000)
    dispatch = ledger.dispatch()

    with processes.sink(tmp_path) as sink:
        worker = processes.start(*processes.WORKER, **sink.environment())
        wait_until(lambda: sink.size() >= 50, 60)
        worker.terminate()
        assert worker.wait(60) == 0
        taken = sink.taken()

    assert ids(dispatch, "accepted") == set(taken)
    assert len(ids(dispatch, "pending")) + len(taken) == 1000
    assert len(taken) % CHUNK == 0


@pytest.mark.prove
def test_with_keys_kills_and_lost_answers_lose_and_double_nothing(record_property):
    total, kills = scaled((1500, 4), (20_000, 100))
    make.customers(total)
    dispatch = ledger.dispatch()

    with resend() as api:
        # Some are killed while the answer to a request that was taken is on its way.
        api.latency, api.pause, api.fault_every = 0.002, 0.2, 5
        killed = processes.run_and_kill(
            processes.WORKER,
            lambda: len(api.mails),
            kills=kills,
            workers=WORKERS,
            total=total,
            **by_resend(api),
        )

    assert killed == kills
    assert len(api.recipients) == len(set(api.recipients)) == total
    assert len(ids(dispatch, "accepted")) == total
    assert no_key_met_other_bytes(api)
    assert api.repeats, "Nothing was asked again."
    record_property(
        "figures",
        f"{total} mails in {len(api.requests)} requests, {killed} kills:"
        f" all arrived once, {api.repeats} requests were answered from memory",
    )


@pytest.mark.prove
def test_without_keys_the_same_kills_send_twice(record_property):
    total, kills = 1000, 3
    make.customers(total)
    ledger.dispatch()

    with resend() as api:
        api.latency, api.pause, api.fault_every = 0.002, 0.2, 5
        api.remembers_keys = False
        processes.run_and_kill(
            processes.WORKER,
            lambda: len(api.mails),
            kills=kills,
            workers=WORKERS,
            total=total,
            **by_resend(api),
        )

    twice = len(api.recipients) - len(set(api.recipients))
    assert twice, "This proof would not see a duplicate."
    record_property("figures", f"a provider without keys: {twice} mails went out twice")


def by_resend(api):
    return {
        "RESEND_API_KEY": "re_test",
        "RESEND_API_URL": api.url,
        "RESEND_REQUESTS_PER_SECOND": "0",
    }


def no_key_met_other_bytes(api):
    bodies = {}
    for _path, headers, body in api.requests:
        if bodies.setdefault(headers["Idempotency-Key"], body) != body:
            return False
    return True
