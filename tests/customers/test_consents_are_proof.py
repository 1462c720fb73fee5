import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from customers.models import Consent
from customers.services import record_consent
from tests import make

pytestmark = pytest.mark.django_db
LIST = reverse("admin:customers_consent_changelist")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consents SET granted = true",
        "UPDATE consents SET evidence = evidence",
        "DELETE FROM consents",
        "DELETE FROM consents USING consent_removals",
    ],
)
def test_the_database_itself_refuses_to_change_a_decision(statement):
    record_consent(make.customer(), granted=False, source="page")

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO consent_removals (consent_id, reason, removed_by, transaction)"
            " SELECT id, 'of another transaction', '', 1 FROM consents"
        )

    with (
        pytest.raises(IntegrityError, match="consents are append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert Consent.objects.filter(granted=False).exists()


def test_the_audited_door_removes_a_decision_and_keeps_the_reason():
    consent = record_consent(make.customer(), granted=False, source="page")

    with connection.cursor() as cursor:
        cursor.execute("SELECT remove_consents(%s, 'a test', 'ada')", [[consent.pk]])
        cursor.execute("SELECT consent_id, reason, removed_by FROM consent_removals")
        kept = cursor.fetchall()

    assert not Consent.objects.exists()
    assert kept == [(consent.pk, "a test", "ada")]


def found(client, **query):
    rows = client.get(LIST, query).context["cl"].result_list
    return sorted(row.customer.first_name for row in rows)


def test_the_list_is_searched_and_filtered(admin_client):
    for name, granted, channel, source in (
        ("Ada", True, "email", "page"),
        ("Bob", False, "email", "import 7"),
        ("Eve", False, "sms", "page"),
    ):
        record_consent(
            make.customer(first_name=name),
            granted=granted,
            channel=channel,
            source=source,
            evidence="form 7",
        )

    assert found(admin_client, q="ada") == ["Ada"]
    assert found(admin_client, answer="no") == ["Bob", "Eve"]
    assert found(admin_client, channel="sms") == ["Eve"]
    assert found(admin_client, source="page") == ["Ada", "Eve"]
    assert found(admin_client, from_day="2999-01-01") == []


def test_a_decision_has_a_page_with_its_proof_and_the_others(admin_client):
    ada = make.customer()
    first = record_consent(ada, granted=True, source="page", evidence="form 7")
    record_consent(ada, granted=False, source="unsubscribe link")

    page = admin_client.get(
        reverse("admin:customers_consent_change", args=(first.pk,))
    ).content.decode()

    assert "form 7" in page
    assert "unsubscribe link" in page
    assert admin_client.post(f"{LIST}{first.pk}/change/").status_code == 403
