import csv
import json

import pytest
from django.db import connection
from django.utils import timezone

from messaging.models import CommunicationLog, Delivery, DeliveryEvent
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
LIST = "/admin/messaging/communicationlog/"
NOW = timezone.now()


def message(state="accepted", **values):
    """A message to a new customer that has come so far."""
    customer = make.customer()
    delivery = ledger.dispatch(customer).deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(state=state, **values)
    return delivery


@pytest.mark.parametrize(
    ("state", "values", "status"),
    [
        ("accepted", {}, "sent"),
        ("delivered", {}, "delivered"),
        ("complained", {}, "delivered"),
        ("accepted", {"opened_at": NOW}, "opened"),
        ("delivered", {"opened_at": NOW, "clicked_at": NOW}, "clicked"),
        ("bounced", {"opened_at": NOW}, "failed"),
        ("rejected", {}, "failed"),
        ("unknown", {}, "failed"),
    ],
)
def test_the_status_says_how_far_a_message_came(admin_client, state, values, status):
    message(state, **values)

    assert CommunicationLog.objects.get().status == status
    for choice in ("sent", "failed", "delivered", "opened", "clicked"):
        page = admin_client.get(LIST, {"status": choice}).content.decode()
        assert ("@example.org" in page) == (choice == status)


@pytest.mark.parametrize("state", ["pending", "skipped", "claimed", "sending"])
def test_what_did_not_go_out_is_not_on_the_log(state):
    message(state)

    assert not CommunicationLog.objects.exists()


def test_the_list_shows_what_went_wrong(admin_client):
    message("bounced", detail="550 5.1.1 No such user")

    page = admin_client.get(LIST).content.decode()

    assert "550 5.1.1 No such user" in page
    assert "Failed" in page


def test_a_message_is_found_by_its_customer(admin_client):
    ada, other = message(), message()

    page = admin_client.get(LIST, {"q": ada.address}).content.decode()

    assert ada.address in page
    assert other.address not in page


def test_a_message_is_found_by_its_template(admin_client):
    mine, other = message(), message()

    template = mine.dispatch.template_id
    page = admin_client.get(LIST, {"template": template}).content.decode()

    assert mine.address in page
    assert other.address not in page


def test_an_entry_leads_to_the_delivery(admin_client):
    delivery = message()

    response = admin_client.get(f"{LIST}{delivery.pk}/change/")

    assert response["Location"] == delivery.get_absolute_url()


def test_the_log_is_exported_with_its_events(admin_client):
    delivery = message("delivered", accepted_at=NOW, opened_at=NOW)
    DeliveryEvent.objects.create(delivery=delivery, kind="opened")

    form = admin_client.get(f"{LIST}export/").context["form"]
    chosen = {field.html_name: "on" for field in form.columns()}
    response = admin_client.post(f"{LIST}export/", {"format": "0", **chosen})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(text.splitlines())

    assert row["recipient"] == delivery.address
    assert (row["channel"], row["status"]) == ("email", "opened")
    [event] = json.loads(row["event_data"])
    assert (event["kind"], event["by_person"]) == ("opened", True)


def test_who_may_not_see_it_does_not(client):
    message()
    client.force_login(make.user())

    assert client.get(LIST).status_code == 403


def test_the_table_is_read_by_the_names_that_were_asked_for():
    message("delivered", accepted_at=NOW)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel, template, recipient, sent_at, status, error_message,"
            " event_data FROM communication_logs"
        )
        [row] = cursor.fetchall()

    assert row[4] == "delivered"


def test_a_page_costs_few_questions(admin_client, django_assert_max_num_queries):
    for _ in range(30):
        message()

    with django_assert_max_num_queries(15):
        admin_client.get(LIST)
