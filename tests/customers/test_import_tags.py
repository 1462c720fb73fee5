import pytest

from customers.models import EventOutbox, EventSubscription, MemberTag
from imports.services import ingest_rows
from tests import make

pytestmark = pytest.mark.django_db


def statuses(*rows):
    return [
        (result.status, [text for _field, text in result.errors])
        for result in ingest_rows("tags", rows, source="test")
    ]


def test_rows_put_tags_on_and_take_them_off():
    ada, bob = make.customer(lms_lead_id="L1"), make.customer(email="bob@example.org")
    MemberTag.objects.create(customer=bob, tag="old")

    found = statuses(
        {"lms_lead_id": "L1", "tag": "vip"},
        {"email": "Bob@example.org", "tag": "old", "action": "remove"},
        {"customer_id": ada.pk, "tag": "old", "action": "remove"},
        {"lms_lead_id": "L1", "tag": "vip", "action": "add"},
    )

    assert [status for status, _errors in found] == [
        "created",
        "updated",
        "unchanged",
        "unchanged",
    ]
    assert list(MemberTag.objects.values_list("customer", "tag")) == [(ada.pk, "vip")]
    again = statuses({"lms_lead_id": "L1", "tag": "vip"})
    assert again == [("unchanged", [])]


def test_rows_that_make_no_sense_are_rejected_with_a_reason():
    make.customer(lms_lead_id="L1")

    found = statuses(
        {"lms_lead_id": "nobody", "tag": "vip"},
        {"lms_lead_id": "L1", "tag": "x" * 101},
        {"lms_lead_id": "L1", "tag": "vip"},
        {"lms_lead_id": "L1", "tag": "vip", "action": "remove"},
        {"lms_lead_id": "L1", "tag": "vip", "action": "perhaps"},
        {"lms_lead_id": "L1"},
    )

    assert [status for status, _errors in found] == [
        "rejected",
        "rejected",
        "created",
        "rejected",
        "rejected",
        "rejected",
    ]
    assert found[0][1] == ["No customer has this lms_lead_id."]
    assert found[3][1] == ["Line 3 says the opposite about this tag."]


def test_a_new_tag_is_told_to_its_subscribers_once():
    EventSubscription.objects.create(kind="tag", name="vip", owner="workflow:1")
    make.customer(lms_lead_id="L1")

    for _ in range(2):
        statuses({"lms_lead_id": "L1", "tag": "vip"})

    assert list(EventOutbox.objects.values_list("name", flat=True)) == ["vip"]
