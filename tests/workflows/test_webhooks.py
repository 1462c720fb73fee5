"""Other systems are told of members: signed, once per step, until they take it."""

import json
import socket
from collections import Counter
from ipaddress import ip_network

import pytest
from django.db import connection
from django.utils import timezone

from automations.models import AutomationLog, WebhookCall, WebhookEndpoint
from automations.services.webhooks import (
    RETRIES,
    make_endpoint,
    renew_secret,
    switch_endpoint,
)
from automations.webhooks.addresses import AddressRefusedError, check_url, find_target
from automations.webhooks.sending import send_due_calls
from customers.services import add_tag, erase_customer
from segments.errors import ConditionError
from tests import make
from tests.messaging.processes import free_port, kill, start
from tests.parallel import in_parallel
from tests.waiting import wait_until
from tests.workflows.calls import calls_for, send_later
from tests.workflows.make import logs, run, step, workflow
from tests.workflows.receiver import Receiver, is_signed

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_step_tells_another_system_signed_by_the_secret(receiver):
    ada = make.customer()
    secret = calls_for(receiver.url, ada)

    assert send_due_calls() == 1

    [(path, headers, body)] = receiver.got
    told = json.loads(body)
    assert path == "/hooks?from=mos"
    assert told["type"] == "member.rescued"
    assert told["data"]["customer"]["email"] == ada.email
    assert is_signed(secret, headers, body)
    assert not is_signed(secret, headers, body + " ")
    assert WebhookCall.objects.get().state == "delivered"
    assert [(kind, good) for kind, good, _ in logs(ada)] == [("webhook", True)]


def test_a_call_is_made_once_per_enrolment_and_step_and_only_with_it(receiver):
    people = make.customers(30)
    calls_for(receiver.url, *people)

    in_parallel(lambda _number: send_due_calls() or run())
    while send_due_calls():
        pass

    assert WebhookCall.objects.count() == 30
    ids = Counter(headers["webhook-id"] for _path, headers, _body in receiver.got)
    assert len(ids) == 30
    assert set(WebhookCall.objects.values_list("attempts", flat=True)) == {1}


def test_what_fails_is_tried_again_with_the_same_id_and_bytes_ever_later(receiver):
    receiver.status = 500
    calls_for(receiver.url, make.customer())

    began = timezone.now()
    send_due_calls()
    one = WebhookCall.objects.get()
    assert began + RETRIES[0] <= one.due_at
    assert (one.state, one.status_code, one.error) == (
        "pending",
        500,
        "It answered 500.",
    )
    assert send_due_calls() == 0  # not before its time
    for _pause in RETRIES:
        send_later(1)

    one.refresh_from_db()
    assert (one.state, one.attempts) == ("failed", len(RETRIES) + 1)
    sent = {(headers["webhook-id"], body) for _p, headers, body in receiver.got}
    assert len(receiver.got) == 10
    assert len(sent) == 1


def test_an_answer_is_never_kept(receiver):
    receiver.status = 500
    receiver.headers = {"X-Secret": "do not store me"}
    calls_for(receiver.url, make.customer())

    send_due_calls()

    stored = str(list(WebhookCall.objects.values()))
    assert "do not store me" not in stored


def test_a_redirection_is_not_followed(receiver):
    with Receiver() as other:
        receiver.status, receiver.headers = 307, {"Location": other.url}
        calls_for(receiver.url, make.customer())

        send_due_calls()

        assert not other.got
    assert "not followed" in WebhookCall.objects.get().error


def test_one_that_never_answers_stops_nobody_else(receiver, monkeypatch):
    monkeypatch.setattr("automations.webhooks.posting.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        calls_for(url, make.customer())
        calls_for(receiver.url, make.customer())

        while send_due_calls():
            pass

    states = dict(WebhookCall.objects.values_list("endpoint__url", "state"))
    assert states == {url: "pending", receiver.url: "delivered"}
    silent_calls = WebhookCall.objects.filter(endpoint__url=url)
    assert "did not answer" in silent_calls[0].error


def test_an_endpoint_that_fails_again_and_again_rests(receiver):
    receiver.status = 503
    calls_for(receiver.url, *make.customers(20))

    while send_due_calls():
        pass

    assert 5 <= len(receiver.got) < 20
    receiver.status = 200
    WebhookEndpoint.objects.update(rests_until=timezone.now())
    WebhookCall.objects.update(due_at=timezone.now())
    while send_due_calls():
        pass
    assert not WebhookCall.objects.exclude(state="delivered").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://192.168.0.1:8443/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[::127.0.0.1]/",
        "https://[::ffff:0:10.0.0.1]/",
        "https://[fec0::1]/",
        "https://[5f00::1]/",
        "https://[2001:0:a00:1::]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://localhost/",
    ],
)
def test_an_address_of_our_own_network_is_never_called(url):
    with pytest.raises(AddressRefusedError):
        find_target(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://user:word@example.org/",
        "https://example.org/#part",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "https://exämple.org/",
        "https://example.org:99999/",
        "https:///x",
        "",
    ],
)
def test_what_is_no_address_to_call_is_refused_at_once(url):
    with pytest.raises(AddressRefusedError):
        check_url(url)


def test_a_name_that_leads_inside_later_is_not_called(receiver, settings, monkeypatch):
    """The name is asked once, and the address that was looked at is connected to."""
    answers = ["10.0.0.1"]
    asked = []

    def lookup(host, port, *_rest, **_kind):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[0], port))]

    calls_for(f"http://rebound.example.org:{receiver.server_port}/", make.customer())
    monkeypatch.setattr(socket, "getaddrinfo", lookup)

    send_due_calls()
    assert not receiver.got
    assert "private network" in WebhookCall.objects.get().error

    answers[0] = "127.0.0.1"
    send_later(1)
    assert receiver.got[0][1]["Host"].startswith("rebound.example.org")
    assert asked.count("rebound.example.org") == 2


def test_a_new_secret_signs_beside_the_old_one_and_neither_is_stored(receiver):
    old = calls_for(receiver.url, make.customer())
    new = renew_secret(WebhookEndpoint.objects.get())

    send_due_calls()

    [(_path, headers, body)] = receiver.got
    assert old != new
    assert is_signed(old, headers, body)
    assert is_signed(new, headers, body)
    WebhookEndpoint.objects.update(previous_until=timezone.now())
    WebhookCall.objects.update(state="pending")
    send_later(1)
    _path, headers, body = receiver.got[-1]
    assert not is_signed(old, headers, body)
    rows = []
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            rows += [row for (row,) in cursor.fetchall()]
    for secret in (old, new):
        assert secret.removeprefix("whsec_") not in "\n".join(rows)


def test_switched_off_an_endpoint_keeps_its_calls(receiver):
    calls_for(receiver.url, make.customer())
    endpoint = WebhookEndpoint.objects.get()

    switch_endpoint(endpoint, on=False)
    assert send_due_calls() == 0
    switch_endpoint(endpoint, on=True)

    assert send_due_calls() == 1


def test_erasure_takes_what_was_to_be_told_away(receiver):
    ada = make.customer()
    calls_for(receiver.url, ada)

    erase_customer(ada, by=make.administrator())

    one = WebhookCall.objects.get()
    assert (one.state, one.body) == ("cancelled", "")
    assert send_due_calls() == 0


def test_a_workflow_calls_only_endpoints_that_somebody_made():
    with pytest.raises(ConditionError, match="Choose one of the webhook endpoints"):
        workflow(step("webhook", url="https://example.org/"))


def test_a_workflow_in_flight_outlives_its_endpoint(receiver):
    ada = make.customer()
    endpoint, _secret = make_endpoint("CRM", receiver.url)
    workflow(step("webhook", url=receiver.url))
    endpoint.delete()

    add_tag([ada.pk], "enter")
    run()

    [(kind, is_good, words)] = logs(ada)
    assert (kind, is_good) == ("webhook", False)
    assert "not there any more" in words


@pytest.mark.prove
def test_a_caller_that_was_killed_before_it_noted_the_answer_tells_it_again(
    tmp_path, settings
):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    port, kept = free_port(), tmp_path / "got.txt"
    started = [start("-m", "tests.workflows.receiver", str(port), str(kept))]
    try:
        wait_until(lambda: _answers(port), 60, "The receiver does not answer.")
        calls_for(f"http://127.0.0.1:{port}/", make.customer())
        command = ("-m", "tests.workflows.call_due")
        allowed = {"WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}
        started.append(start(*command, **allowed))
        wait_until(lambda: kept.exists() and kept.read_text(), 60, "No call came.")
        kill(started.pop())  # it has sent, and waits for the answer
        assert WebhookCall.objects.get().state == "pending"
        started.append(start(*command, **allowed))
        wait_until(lambda: WebhookCall.objects.get().state == "delivered", 60)
    finally:
        for process in started:
            kill(process)

    told = kept.read_text().split()
    assert len(told) == 2
    assert len(set(told)) == 1
    assert WebhookCall.objects.get().attempts == 2
    assert AutomationLog.objects.filter(step="webhook").count() == 1


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
