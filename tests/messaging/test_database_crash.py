"""PostgreSQL that is ended hard while mails go out: all states stay sound."""

import signal
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from marketing_os.dev.postgres import Postgres, database_url
from messaging.models import Delivery, Dispatch
from tests import make
from tests.messaging import ledger, processes
from tests.messaging.own_servers import own_server
from tests.messaging.resend_imitation import resend
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = [pytest.mark.prove, pytest.mark.slow]
MAILS, CRASHES, WORKERS, CHUNK = scaled(1200, 10_000), scaled(2, 5), 2, 20


@pytest.fixture(scope="module")
def database(django_db_blocker):
    """A PostgreSQL of its own, used by this module's tests and their workers."""
    shared = connection.settings_dict
    with own_server(Postgres) as (server, places), django_db_blocker.unblock():
        connection.close()
        connection.settings_dict = shared | login(database_url(places))
        call_command("migrate", verbosity=0)
        yield server
        connection.close()
    connection.settings_dict = shared


def login(url):
    parts = urlsplit(url)
    return {
        "HOST": unquote(parts.hostname),
        "PORT": parts.port,
        "USER": parts.username,
        "PASSWORD": parts.password,
        "NAME": parts.path[1:],
    }


def crash_while_sending(database, dispatch, command, size, **env):
    """Run workers until all is settled; end the database hard between mails."""
    running = [processes.start(*command, **env) for _ in range(WORKERS)]
    crashes = 0

    def all_is_settled():
        nonlocal crashes
        if crashes < CRASHES and size() > (crashes + 1) * MAILS / (CRASHES + 2):
            database.end(signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
            database.start()
            crashes += 1
        for place, process in enumerate(running):
            if process.poll():
                running[place] = processes.start(*command, **env)
        try:
            return not dispatch.deliveries.filter(state__in=Delivery.WAITING).exists()
        except DatabaseError:
            connection.close()
            return False

    try:
        wait_until(all_is_settled, timeout=500)
    finally:
        for process in running:
            processes.kill(process)
    assert crashes == CRASHES


def a_dispatch():
    return ledger.dispatch(*make.customers(MAILS))


def ids(dispatch, *states):
    found = dispatch.deliveries.filter(state__in=states)
    return set(found.values_list("pk", flat=True))


def test_with_keys_a_crash_loses_and_doubles_nothing(database, record_property):
    dispatch = a_dispatch()

    with resend() as api:
        api.latency = 0.05
        env = {
            "RESEND_API_KEY": "re_test",
            "RESEND_API_URL": api.url,
            "RESEND_REQUESTS_PER_SECOND": "0",
        }
        size = lambda: len(api.mails)  # noqa: E731
        crash_while_sending(database, dispatch, processes.WORKER, size, **env)

    assert len(api.recipients) == len(set(api.recipients)) == MAILS
    assert len(ids(dispatch, "accepted")) == MAILS
    record_property("figures", f"{MAILS} mails, {CRASHES} crashes: all arrived once")


def test_over_smtp_a_crash_doubles_nothing_and_hides_nothing(
    database, tmp_path, record_property
):
    dispatch = a_dispatch()

    with processes.sink(tmp_path) as sink:
        crash_while_sending(
            database, dispatch, processes.WORKER, sink.size, **sink.environment()
        )
        taken = sink.taken()

    accepted, unknown = ids(dispatch, "accepted"), ids(dispatch, "unknown")
    assert len(accepted) + len(unknown) == dispatch.audience_count == MAILS
    assert max(taken.values()) == 1
    assert accepted <= set(taken) <= accepted | unknown
    assert len(unknown) <= CRASHES * WORKERS * CHUNK
    call_command("send_due")
    assert Dispatch.objects.get(pk=dispatch.pk).state == "done"
    record_property(
        "figures",
        f"{MAILS} mails, {CRASHES} crashes: {len(accepted)} accepted,"
        f" {len(unknown)} unknown, none twice",
    )


def test_a_naive_sender_under_the_same_crashes_sends_twice(
    database, tmp_path, record_property
):
    dispatch = a_dispatch()

    with processes.sink(tmp_path) as sink:
        naive = ("-m", "tests.messaging.naive_sender", str(sink.port), str(dispatch.pk))
        crash_while_sending(database, dispatch, naive, sink.size)
        twice = [pk for pk, count in sink.taken().items() if count > 1]

    assert twice, "This proof would not see a duplicate."
    record_property("figures", f"naive sender: {len(twice)} mails went out twice")
