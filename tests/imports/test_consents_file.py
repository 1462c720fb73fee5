"""Decisions about consent from files: nobody who said no is subscribed again."""

import pytest

from customers.models import Consent
from customers.selectors import consent_by_channel
from customers.services import record_consent
from imports.services import ingest_rows
from tests import make

pytestmark = pytest.mark.django_db

YES = (
    "email,status,evidence,occurred_at\n"
    "ada@example.org,granted,form of the open day,2026-01-31 10:00\n"
)


def counts(customer):
    return [consent.granted for consent in consent_by_channel(customer)]


def reasons(*rows):
    return [
        result.errors[0][1] if result.errors else result.status
        for result in ingest_rows("consents", rows, source="test")
    ]


def test_a_decision_comes_in_with_its_proof(load):
    ada = make.customer(email="ada@example.org")

    job = load(YES, "consents")

    consent = Consent.objects.get()
    assert (consent.customer, consent.granted, consent.channel) == (ada, True, "email")
    assert consent.evidence == "form of the open day"
    assert consent.source == f"import {job.pk}"
    assert consent.occurred_at.isoformat() == "2026-01-31T10:00:00+00:00"


def test_the_same_file_again_subscribes_nobody_who_said_no_since(load):
    ada = make.customer(email="ada@example.org")
    load(YES, "consents")
    record_consent(ada, granted=False, source="unsubscribe link")

    again = load(YES, "consents")

    assert again.unchanged_count == 1
    assert counts(ada) == [False]


def test_an_old_yes_that_comes_late_is_kept_but_does_not_count(load):
    ada = make.customer(email="ada@example.org")
    record_consent(ada, granted=False, source="unsubscribe link")

    job = load(YES, "consents")

    assert job.created_count == 1
    assert Consent.objects.filter(granted=True).exists()
    assert counts(ada) == [False]


def test_a_yes_of_the_same_moment_as_a_no_does_not_count(load):
    ada = make.customer(email="ada@example.org")
    load(YES.replace("granted", "withdrawn"), "consents")

    load(YES, "consents")

    assert counts(ada) == [False]


def test_a_yes_that_is_younger_than_a_no_counts(load):
    ada = make.customer(email="ada@example.org")
    load(YES.replace("granted", "no").replace("2026-01-31", "2025-01-31"), "consents")

    load(YES, "consents")

    assert counts(ada) == [True]


def test_a_no_without_a_time_is_now_and_said_once(load):
    ada = make.customer(email="ada@example.org")
    load(YES, "consents")
    no = "email,status,channel\nada@example.org,Opted-out,email\n"

    first, second = (load(no, "consents") for _ in range(2))

    assert (first.created_count, second.unchanged_count) == (1, 1)
    assert counts(ada) == [False]


def test_a_yes_without_its_proof_is_refused_with_a_sentence():
    make.customer(lms_lead_id="L1")
    whole = {
        "lms_lead_id": "L1",
        "status": "yes",
        "evidence": "form",
        "occurred_at": "2026-01-31",
    }

    found = reasons(
        {name: value for name, value in whole.items() if name != "evidence"},
        {name: value for name, value in whole.items() if name != "occurred_at"},
        whole | {"occurred_at": "2999-01-31"},
        whole | {"status": "perhaps"},
        whole | {"channel": "pigeon"},
        whole | {"lms_lead_id": "nobody"},
        whole,
    )

    assert found == [
        "A yes needs its evidence: how, and to what, the customer agreed.",
        "A yes needs the time when it was given.",
        "This time lies in the future.",
        "Say granted or withdrawn.",
        found[4],
        "No customer has this lms_lead_id.",
        "created",
    ]
    assert "email" in found[4]


def test_the_command_imports_decisions(command):
    ada = make.customer(email="ada@example.org")

    report = command("import_consents", YES)

    assert "created 1, updated 0, unchanged 0, rejected 0" in report
    assert counts(ada) == [True]


def test_what_a_file_decided_is_kept_as_its_change_set(load):
    ada = make.customer(email="ada@example.org")

    job = load(YES, "consents")

    [change] = job.changes.all()
    assert (change.action, change.owner_id) == ("create", ada.pk)
    assert change.subject_id == Consent.objects.get().pk
