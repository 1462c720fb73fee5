"""Another system starts a workflow, and hears why it did not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.models import Enrolment, Workflow
from automations.services.triggering import trigger_workflow
from automations.services.workflows import OnTheWay, disable, save_workflow
from marketing_os.lib.api.keys import create_key
from marketing_os.lib.errors import DomainError
from tests import make
from tests.api.conftest import client_with
from tests.workflows.make import run, step, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db
BY_API = trigger("api_call")


@pytest.fixture
def made(db):
    return workflow(tag("entered"), on=BY_API)


@pytest.fixture
def ask(made):
    def ask(body, of=made, *, key="", is_test=False):
        _key, secret = create_key("other", ["workflows:trigger"], is_test=is_test)
        headers = {"Idempotency-Key": key} if key else {}
        return client_with(secret).post(
            f"/api/v1/workflows/{of.pk}/trigger/", body, format="json", headers=headers
        )

    return ask


@pytest.mark.parametrize("name", ["customer_id", "lms_lead_id", "email"])
def test_a_customer_is_named_in_three_ways_and_enters(ask, name):
    who = make.customer()
    value = who.pk if name == "customer_id" else getattr(who, name)

    answer = ask({name: value})
    run()

    assert answer.status_code == 202, answer.content
    assert answer.json()["enrolment_id"] == Enrolment.objects.get().pk
    assert tags_of(who) == {"entered"}


def test_what_is_sent_along_stands_in_the_context(ask):
    who = make.customer()

    ask({"customer_id": who.pk, "data": {"course": "MBA", "event": "mine"}})

    context = Enrolment.objects.get().context
    assert (context["course"], context["event"]) == ("MBA", "api_call")


def test_who_comes_as_a_workflow_is_disabled_stays_out(made):
    """What was read of it just before tells that it is enabled."""
    disable(made, on_the_way=OnTheWay.LEAVE)

    with pytest.raises(DomainError, match="not enabled"):
        trigger_workflow(made, make.customer(), {})

    assert not Enrolment.objects.exists()


def test_who_comes_as_a_workflow_is_saved_gets_the_new_version(made):
    saved = Workflow.objects.get(pk=made.pk)
    saved.steps = [*saved.steps, tag("new")]
    save_workflow(saved)

    trigger_workflow(made, make.customer(), {})

    assert Enrolment.objects.get().version == saved.current_version


def test_who_stays_out_is_told_why(ask):
    who = make.customer()
    ask({"customer_id": who.pk})
    assert ask({"customer_id": who.pk}).json()["obstacle"] == "on_the_way"
    run()

    answer = ask({"customer_id": who.pk})

    assert answer.status_code == 202
    told = answer.json()
    assert (told["entered"], told["obstacle"]) == (False, "cooldown")
    over = Enrolment.objects.get().entered_at + timedelta(days=7)
    assert told["until"] == over.isoformat().replace("+00:00", "Z")


def test_an_archived_customer_is_told_as_such(ask):
    who = make.customer(archived_at=timezone.now())

    assert ask({"customer_id": who.pk}).json()["obstacle"] == "not_active"


def test_the_same_request_under_its_key_is_answered_as_the_first_time(made):
    who = make.customer()
    _key, secret = create_key("other", ["workflows:trigger"])
    client = client_with(secret)

    def ask():
        return client.post(
            f"/api/v1/workflows/{made.pk}/trigger/",
            {"customer_id": who.pk},
            format="json",
            headers={"Idempotency-Key": "one"},
        )

    first, second = ask(), ask()

    assert first.json() == second.json()
    assert first.json()["entered"] is True
    assert Enrolment.objects.count() == 1


def test_a_test_key_starts_nothing(ask):
    answer = ask({"customer_id": make.customer().pk}, is_test=True)

    assert answer.json() == {"valid": True, "stored": False}
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"customer_id": 999_999_999}, "customer_id"),
        ({"email": "nobody@example.org"}, "email"),
        ({"customer_id": 1, "data": [1]}, "data"),
        ({"customer_id": 1, "data": {str(n): n for n in range(51)}}, "data"),
        ({"customer_id": 1, "data": {"text": "x" * 20_001}}, "data"),
    ],
)
def test_what_is_wrong_is_named(ask, body, field):
    answer = ask(body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_a_workflow_that_is_off_or_started_otherwise_is_a_conflict(ask, made):
    who = make.customer()
    other = workflow(tag("x"))
    disable(made, on_the_way=OnTheWay.FINISH)

    off, otherwise = (ask({"customer_id": who.pk}, of=one) for one in (made, other))

    assert (off.status_code, otherwise.status_code) == (409, 409)
    assert "not enabled" in off.json()["detail"]
    assert "not started by the API" in otherwise.json()["detail"]


def test_an_unknown_workflow_is_not_found(ask, made):
    made.pk = 999_999

    assert ask({"customer_id": 1}, of=made).status_code == 404


def test_who_waits_in_it_is_not_disturbed(ask):
    who = make.customer()
    waits = workflow(step("wait", until="duration", amount=1, unit="days"), on=BY_API)

    first = ask({"customer_id": who.pk}, of=waits)
    second = ask({"customer_id": who.pk}, of=waits)

    assert first.json()["entered"]
    assert second.json()["obstacle"] == "on_the_way"


@pytest.mark.parametrize(
    "body",
    [
        '{"customer_id": 1, "data": {"x": 1e999}}',
        '{"customer_id": 1, "data": {"x": "\\u0000"}}',
        '{"customer_id": 1, "data": {"\\ud800": 1}}',
        '{"customer_id": 99999999999999999999}',
        '{"customer_id": "x"}',
        '{"email": ["a"]}',
        "[]",
        "null",
        "{",
    ],
)
def test_odd_bodies_are_refused(made, body):
    _key, secret = create_key("other", ["workflows:trigger"])

    answer = client_with(secret).post(
        f"/api/v1/workflows/{made.pk}/trigger/", body, content_type="application/json"
    )

    assert answer.status_code == 400


def test_numbers_of_any_length_and_texts_with_signs_are_kept(ask):
    data = {"n": 10**30, "quote": 'it\'s \\ "%s" {x}', "list": [1, None, {"a": 2.5}]}

    assert ask({"customer_id": make.customer().pk, "data": data}).status_code == 202

    context = Enrolment.objects.get().context
    assert {name: context[name] for name in data} == data
