import json

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from customers.models import Customer
from customers.services import add_tag, erase_customer
from customers.tasks import erase_customers
from marketing_os.lib.models import ExportRecord
from tests import make

pytestmark = pytest.mark.django_db
LIST = reverse("admin:customers_customer_changelist")
ERASE = reverse("admin:customers_customer_erase")


def data_of(customer):
    return reverse("admin:customers_customer_data", args=(customer.pk,))


def test_the_page_counts_what_is_held_and_gives_it_as_a_file(admin_client, admin_user):
    ada = make.customer(attributes={"Illness": "flu"})
    add_tag([ada.pk], "vip")

    page = admin_client.get(data_of(ada)).content.decode()
    file = admin_client.post(data_of(ada))

    assert "Tags" in page
    assert (
        file["Content-Disposition"] == f'attachment; filename="customer-{ada.pk}.json"'
    )
    held = json.loads(file.content)
    assert held["customers"]["customer"][0]["attributes"] == {"Illness": "flu"}
    assert ExportRecord.objects.get().by == admin_user.username


def test_a_customer_is_erased_once_the_id_is_entered(admin_client):
    ada = make.customer(first_name="Ada", email="ada@example.org")
    twin = make.customer(email="ada@example.org")

    asked = admin_client.get(ERASE, {"id": ada.pk}).content.decode()
    wrong = admin_client.post(ERASE, {"id": ada.pk, "confirm": "yes"}).content.decode()
    untouched = Customer.objects.get(pk=ada.pk).erased_at
    done = admin_client.post(
        ERASE, {"id": ada.pk, "confirm": f" {ada.pk} "}, follow=True
    )
    waiting = admin_client.get(ada.get_absolute_url()).content.decode()
    again = admin_client.get(ERASE, {"id": ada.pk}, follow=True).content.decode()
    erase_customers()

    assert "This cannot be taken back." in asked
    assert f"(#{twin.pk})" in asked
    assert f"Enter {ada.pk} to go on." in wrong
    assert untouched is None
    assert "One customer is being erased." in done.content.decode()
    assert "This customer is being erased" in waiting
    assert "Erase this customer" not in waiting
    assert "This customer is being erased already." in again
    assert Customer.objects.get(pk=ada.pk).email == ""
    assert LogEntry.objects.get(object_id=str(ada.pk)).object_repr == f"#{ada.pk}"
    page = admin_client.get(ada.get_absolute_url()).content.decode()
    assert "Erased, as admin asked for on" in page


def test_several_are_erased_from_the_list(admin_client):
    both = [make.customer(), make.customer()]
    form = {
        "action": "erase_selected",
        "_selected_action": [customer.pk for customer in both],
    }

    asked = admin_client.post(LIST, form, follow=True)
    ids = [customer.pk for customer in both]
    admin_client.post(ERASE, {"id": ids, "confirm": "2"})
    erase_customers()

    assert "Enter how many they are, 2, to confirm" in asked.content.decode()
    assert not Customer.objects.filter(erased_at=None).exists()


def test_too_many_at_once_and_the_erased_are_refused_with_a_sentence(admin_client):
    gone = make.customer()
    erase_customer(gone, by=None)
    for _ in range(21):
        make.customer()
    everybody = list(Customer.objects.values_list("pk", flat=True))

    form = {"action": "erase_selected", "_selected_action": everybody}
    too_many = admin_client.post(LIST, form, follow=True).content.decode()
    two = {"action": "hand_over_selected", "_selected_action": everybody[:2]}
    not_one = admin_client.post(LIST, two, follow=True).content.decode()
    again = admin_client.get(ERASE, {"id": gone.pk}, follow=True).content.decode()

    assert "Choose 1 to 20 customers who are not erased yet." in too_many
    assert "Choose one customer." in not_one
    assert "This customer is erased already." in again


def test_who_may_only_look_finds_no_way_there(client):
    ada = make.customer()
    client.force_login(make.grant(make.user(), "customers.view_customer"))

    answers = [
        client.get(data_of(ada)).status_code,
        client.post(data_of(ada)).status_code,
        client.get(ERASE, {"id": ada.pk}).status_code,
        client.post(ERASE, {"id": ada.pk, "confirm": ada.pk}).status_code,
        client.post(
            LIST, {"action": "erase_selected", "_selected_action": ada.pk}
        ).status_code,
    ]

    assert answers == [403] * 5
    page = client.get(ada.get_absolute_url()).content.decode()
    assert "Erase this customer" not in page


@pytest.mark.parametrize(
    "query", ["", "id=", "id=x", "id=%00", "id=" + "9" * 40, "id=-1"]
)
def test_a_customer_who_is_not_there_is_not_found(admin_client, query):
    assert admin_client.get(f"{ERASE}?{query}").status_code == 404
    assert (
        admin_client.post(
            ERASE, query, content_type="application/x-www-form-urlencoded"
        ).status_code
        == 404
    )


def test_an_endless_number_is_no_customer(admin_client):
    assert admin_client.post(ERASE, {"id": "1" * 5000}).status_code == 404


@pytest.mark.parametrize("action", ["erase_selected", "hand_over_selected"])
def test_ticks_that_are_no_ids_choose_nobody(admin_client, action):
    ticked = ["x", "9" * 30, "1" * 5000, "\0", "1.5"]

    answer = admin_client.post(LIST, {"action": action, "_selected_action": ticked})

    assert answer.status_code < 400


def test_an_id_among_ticks_that_are_none_is_still_chosen(admin_client):
    ada = make.customer()
    ticked = ["x", str(ada.pk)]

    answer = admin_client.post(
        LIST, {"action": "erase_selected", "_selected_action": ticked}
    )

    assert answer["Location"] == f"{ERASE}?id={ada.pk}"


def test_a_page_whose_key_holds_a_null_character_is_not_there(admin_client):
    topic = "/admin/messaging/topic/"
    ticked = {"action": "delete_selected", "_selected_action": ["\0"]}

    assert admin_client.get(f"{topic}%00/change/", follow=True).status_code < 500
    assert admin_client.post(topic, ticked).status_code < 500
