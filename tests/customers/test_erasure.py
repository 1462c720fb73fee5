"""Nothing is left of a customer who was erased, and everything is counted as before."""

import gzip
import io
import json

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.db.models import Count, Sum

from automations.models import StaffTask
from customers.models import Consent, CreditEntry, Customer, ErasedAddress
from customers.services import erase_customer, record_consent
from funnel.models import Activity, FunnelEvent
from imports.models import ImportJob
from imports.services import create_job, ingest_rows
from imports.tasks import clean_up
from marketing_os.lib.models import ExportRecord
from marketing_os.lib.registry import registry
from messaging.models import Delivery, Suppression
from messaging.services.suppressions import suppress
from tests import make
from tests.customers.canary import EMAIL, LEAD, OLD_EMAIL, WORD, traces
from tests.customers.canary_life import live
from tests.messaging import ledger

# What the walk must find before; of the rest it finds what there is.
KNOWN_PLACES = {
    "activities",
    "api_messages",
    "automation_logs",
    "consents",
    "credit_entries",
    "customers",
    "deliveries",
    "delivery_contents",
    "delivery_events",
    "devices",
    "django_admin_log",
    "enrolments",
    "event_outbox",
    "file .csv",
    "file .eml",
    "funnel_events",
    "idempotent_responses",
    "import_conflicts",
    "import_jobs",
    "import_rejects",
    "member_offers",
    "member_tags",
    "notifications",
    "staff_tasks",
    "suppressions",
    "task_comments",
    "webhook_calls",
}


@pytest.fixture(autouse=True)
def _files_go_to_folders_of_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILBOX_DIR = tmp_path / "mailbox"


@pytest.fixture
def canary(transactional_db, client):
    clean_up()  # stages of jobs that other tests left when their rows were flushed
    yield live(client)
    ImportJob.objects.all().delete()
    clean_up()


def figures():
    """What staff count: customers, moves, activities, money, mails by state."""
    return {
        "customers": Customer.objects.count(),
        "moves": FunnelEvent.objects.count(),
        "activities": Activity.objects.aggregate(n=Count("pk"), sum=Sum("amount")),
        "credits": CreditEntry.objects.aggregate(sum=Sum("amount")),
        "mails": Delivery.objects.count(),
        "accepted": Delivery.objects.filter(state="accepted").count(),
        "tasks": StaffTask.objects.count(),
    }


def test_nothing_is_left_of_an_erased_customer_but_the_counts(canary):
    before, places = figures(), traces()

    erase_customer(canary, by=None)

    assert set(places) >= KNOWN_PLACES
    assert any(place.startswith("import_raw_") for place in places)
    assert any(place.startswith("import_cast_") for place in places)
    assert any(place.startswith("import_changes_") for place in places)
    assert traces() == []
    assert traces(str(canary.pk) + "@") == []
    assert figures() == before
    assert set(ImportJob.objects.values_list("status", flat=True)) == {
        "done",
        "cancelled",
    }
    assert Customer.objects.get(lms_lead_id="OTHER").first_name == "Bob"


def test_the_canary_has_a_row_in_every_table_about_customers(canary):

    about = [
        relation
        for relation in Customer._meta.get_fields(include_hidden=True)
        if (relation.one_to_many or relation.one_to_one)
        and relation.related_model._meta.managed
    ]
    tables = {
        relation.related_model._meta.db_table: relation.related_model._default_manager.filter(
            **{relation.field.name: canary}
        ).exists()
        for relation in about
    }

    assert len(tables) > 15
    assert all(tables.values()), [name for name, has in tables.items() if not has]


def test_erasing_is_all_or_nothing_and_can_be_done_again(canary, monkeypatch):
    before = traces()

    def break_down(person):
        raise OperationalError

    monkeypatch.setitem(registry.erasers, "last of all", break_down)
    with pytest.raises(OperationalError):
        erase_customer(canary, by=None)
    after_the_fault = traces()
    monkeypatch.delitem(registry.erasers, "last of all")
    erase_customer(canary, by=None)
    erase_customer(canary, by=None)

    assert after_the_fault == before
    assert traces() == []


def test_an_erasure_that_breaks_off_before_its_files_is_finished_by_another(
    canary, monkeypatch
):
    monkeypatch.setattr(transaction, "on_commit", lambda todo: None)
    erase_customer(canary, by=None)
    monkeypatch.undo()
    left = traces()

    erase_customer(canary, by=None)

    assert set(left) == {"file .csv", "file .eml"}
    assert traces() == []


def test_all_that_is_held_is_exported(canary):
    out = io.StringIO()

    call_command("export_customer", str(canary.pk), stdout=out)

    held = json.loads(out.getvalue())
    del held["collected_at"]
    kinds = {kind: rows for app in held.values() for kind, rows in app.items()}
    assert all(kinds.values()), [kind for kind, rows in kinds.items() if not rows]
    assert kinds["customer"][0]["email"] == EMAIL
    assert {row["address"] for row in kinds["deliveries"]} == {EMAIL, OLD_EMAIL}
    assert kinds["activities"][0]["properties"] == {WORD: 1}
    assert "bob@example.org" not in out.getvalue()
    record = ExportRecord.objects.get()
    assert record.what == f"all about customer {canary.pk}"
    assert record.row_count == sum(len(rows) for rows in kinds.values())


@pytest.mark.django_db
def test_an_erased_address_that_comes_again_is_not_mailed(smtp_sink):
    erase_customer(make.customer(email="Ada@Example.org"), by=None)
    ingest_rows(
        "customers",
        [{"lms_lead_id": "again", "email": "ada@example.org"}],
        source="test",
    )
    ada = Customer.objects.get(lms_lead_id="again")
    bob = make.customer(email="bob@example.org")

    sent = ledger.dispatch(ada, bob)
    ledger.send()

    assert ledger.states(sent) == {
        ada: ("skipped", "erased_address"),
        bob: ("accepted", ""),
    }
    assert "ada" not in ErasedAddress.objects.get().address_hash


@pytest.mark.django_db
def test_an_address_that_is_erased_before_the_mail_goes_out_gets_none(smtp_sink):
    twin = make.customer(email="ada@example.org")
    ada = make.customer(email="ada@example.org")
    sent = ledger.dispatch(ada)

    erase_customer(twin, by=None)
    ledger.send()

    assert ledger.states(sent) == {ada: ("skipped", "erased_address")}
    assert not smtp_sink.mails


@pytest.mark.django_db
def test_who_agrees_anew_is_mailed_again_and_an_old_yes_does_not_count(smtp_sink):
    erase_customer(make.customer(email="ada@example.org"), by=None)
    ada = make.customer(email="ada@example.org")

    old = {"customer_id": ada.pk, "status": "yes", "evidence": "form"}
    ingest_rows("consents", [old | {"occurred_at": "2020-01-01"}], source="test")
    with_the_old = ledger.states(ledger.dispatch(ada))
    record_consent(ada, granted=False, source="page")
    record_consent(ada, granted=True, source="page", evidence="came back")
    with_the_new = ledger.states(ledger.dispatch(ada))

    assert with_the_old == {ada: ("skipped", "erased_address")}
    assert with_the_new == {ada: ("pending", "")}


@pytest.mark.django_db
def test_the_hash_is_known_under_an_old_secret_key_too(settings):
    erase_customer(make.customer(email="ada@example.org"), by=None)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key, which is long enough for a test"
    ada = make.customer(email="ada@example.org")

    known = ledger.states(ledger.dispatch(ada))
    settings.SECRET_KEY_FALLBACKS = []
    forgotten = ledger.states(ledger.dispatch(ada))

    assert known == {ada: ("skipped", "erased_address")}
    assert forgotten == {ada: ("pending", "")}


@pytest.mark.django_db
def test_a_suppression_stays_for_another_customer_with_the_address():
    first, second = (make.customer(email="home@example.org") for _ in range(2))
    suppress("home@example.org", "complaint")

    erase_customer(first, by=None)
    still = Suppression.objects.count()
    erase_customer(second, by=None)

    assert (still, Suppression.objects.count()) == (1, 0)


@pytest.mark.django_db
def test_nothing_writes_about_an_erased_customer_any_more():
    ada = make.customer()
    erase_customer(ada, by=None)

    named = {"customer_id": ada.pk}
    rows = {
        "customers": named | {"first_name": "Ada"},
        "tags": named | {"tag": "vip"},
        "activities": named | {"name": "login", "occurred_at": "2026-01-01"},
    }
    errors = {
        target: ingest_rows(target, [row], source="test")[0].errors
        for target, row in rows.items()
    }
    with pytest.raises(OperationalError, match="was erased"):
        Customer.objects.filter(pk=ada.pk).update(first_name="Ada")

    for error in errors.values():
        assert error == [("customer_id", "There is no customer with this id.")]


@pytest.mark.django_db
def test_only_who_may_exports_and_erases(client):
    ada, clerk = make.customer(), make.grant(make.user(), "customers.view_customer")

    with pytest.raises(PermissionDenied):
        erase_customer(ada, by=User.objects.get(pk=clerk.pk))

    ada.refresh_from_db()
    assert ada.erased_at is None


@pytest.mark.django_db
def test_the_command_asks_before_it_erases(monkeypatch):
    ada = make.customer()
    record_consent(ada, granted=False, source="page")
    out = io.StringIO()

    monkeypatch.setattr("builtins.input", lambda words: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_customer", str(ada.pk), stdout=out)
    monkeypatch.setattr("builtins.input", lambda words: str(ada.pk))
    call_command("erase_customer", str(ada.pk), stdout=out)

    assert "consents: 1" in out.getvalue()
    assert not Consent.objects.exists()
    for command in ("erase_customer", "export_customer"):
        with pytest.raises(CommandError, match="no customer with this ID"):
            call_command(command, "999999999")


@pytest.mark.django_db
def test_a_packed_file_that_waits_to_be_read_is_deleted_too(monkeypatch):
    monkeypatch.setattr("imports.services.reading.READ_AT_ONCE", 10)
    text = f"lms_lead_id,email\nL1,{EMAIL}\n"
    file = io.BytesIO(gzip.compress(text.encode()))
    job = create_job(
        "customers", file, file_name="leads.gz", source="admin", in_background=True
    )

    erase_customer(make.customer(email=EMAIL), by=None)

    job.refresh_from_db()
    assert (job.status, job.file.name) == ("cancelled", "")
    assert "a customer whom it names was erased" in job.error


@pytest.mark.django_db
def test_a_lead_id_that_is_a_plain_word_scrubs_nobody_else():
    short = make.customer(lms_lead_id="7", email="seven@example.org")
    other = make.customer(lms_lead_id=f"{LEAD}-7", email="other@example.org")
    make.activity(other, properties={"score": "7"})

    erase_customer(short, by=None)

    assert Activity.objects.get().properties == {"score": "7"}
