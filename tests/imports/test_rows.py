from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import (
    AttributeDefinition,
    Customer,
    EventOutbox,
    EventSubscription,
)
from funnel.models import Activity, FunnelEvent
from funnel.services import record_activity, record_move
from imports.services import RowResult, ingest_rows
from marketing_os.lib.errors import DomainError
from tests import make

pytestmark = pytest.mark.django_db


def ingest(target, *rows, **arguments):
    return ingest_rows(target, rows, source="api", **arguments)


def test_a_customer_comes_with_typed_attributes():
    attributes = {
        "age": 30,
        "vip": True,
        "tags": ["x", 1],
        "plan": "gold % \\ '",
        "born:date": "2000-02-29",
        "nothing": None,
    }

    [result] = ingest(
        "customers", {"email": "Ada@Example.org", "attributes": attributes}
    )

    customer = Customer.objects.get()
    assert result == RowResult("created", customer.pk)
    assert customer.email == "Ada@example.org"
    assert customer.attributes == {
        "age": 30,
        "vip": True,
        "tags": ["x", 1],
        "plan": "gold % \\ '",
        "born": "2000-02-29",
    }


def test_an_absent_key_keeps_and_null_clears():
    known = make.customer(first_name="Ada", mobile="555", attributes={"a": 1, "b": 2})
    AttributeDefinition.objects.create(name="a", field_type="numeric")
    AttributeDefinition.objects.create(name="b", field_type="numeric")

    row = {"customer_id": known.pk, "mobile": None, "attributes": {"a": None}}
    [changed], [same] = ingest("customers", row), ingest("customers", row)

    known.refresh_from_db()
    assert (changed.status, same.status) == ("updated", "unchanged")
    assert (known.first_name, known.mobile, known.attributes) == ("Ada", "", {"b": 2})


def test_good_rows_are_written_and_bad_ones_say_why():
    AttributeDefinition.objects.create(name="age", field_type="numeric")

    results = ingest(
        "customers",
        {"email": "ada@example.org"},
        {"email": "ada@"},
        {"nonsense": 1},
        {"lms_lead_id": "B", "attributes": {"age": "old"}},
        {"lms_lead_id": "C", "attributes": {"age": True}},
        {"lms_lead_id": "D", "attributes": {"age:string": "1"}},
        {"lms_lead_id": "E", "first_name": "a\0b"},
        {"lms_lead_id": "F", "first_name": "\ud800"},
        {"lms_lead_id": "G", "first_name": "x" * 300},
        {"lms_lead_id": "H", "first_name": {"a": 1}},
        {"lms_lead_id": "I", "attributes": {"": 1}},
        {"lms_lead_id": "J", "attributes": [1]},
        {"lms_lead_id": "K", "attributes": {"tags": ["a", ["b"]]}},
        {"first_name": "Nobody"},
        {"email": "ADA@example.org"},
    )

    assert results[0].status == "created"
    told = [result.errors[0] for result in results[1:]]
    assert told == [
        ("email", "This is not an e-mail address."),
        ("nonsense", "This is not a field of customers."),
        ("attributes.age", "This is not a number."),
        ("attributes.age", "This is not a number."),
        ("attributes.age", "This attribute is of type numeric already."),
        ("first_name", "This holds a NUL character."),
        ("first_name", "This is not valid Unicode text."),
        ("first_name", "This text is too long."),
        ("first_name", "This is not a text."),
        ("attributes.", "A name has 1 to 255 characters."),
        ("attributes", "This is not a JSON object."),
        ("attributes.tags", "This is not a list such as a;b or [1, 2]."),
        ("email", "A customer needs an lms_lead_id or an e-mail address."),
        ("email", "The same customer stands in line 1 already."),
    ]
    assert Customer.objects.count() == 1


def test_rows_with_many_different_attributes_are_written():
    rows = [
        {"lms_lead_id": str(n), "attributes": {f"{n}-{m}": m for m in range(90)}}
        for n in range(5)
    ]

    results = ingest("customers", *rows)

    assert [result.status for result in results] == ["created"] * 5
    assert AttributeDefinition.objects.count() == 450


def test_a_check_writes_nothing():
    results = ingest("customers", {"lms_lead_id": "A", "attributes": {"x": 1}}, check_only=True)  # fmt: skip

    assert results[0].status == "created"
    assert not Customer.objects.exists()
    assert not AttributeDefinition.objects.exists()


@pytest.mark.parametrize("rows", [[], [{"lms_lead_id": "A"}] * 1001])
def test_the_number_of_rows_has_bounds(rows):
    with pytest.raises(DomainError, match="Send 1 to 1,000 rows"):
        ingest("customers", *rows)


def test_attributes_take_values_as_json_has_them():
    ada = make.customer(lms_lead_id="A")
    rows = [
        ("age", "numeric", 30),
        ("vip", "boolean", False),
        ("tags", "array", ["x", 2]),
        ("note", "string", "hello"),
        ("wrong", "numeric", "x"),
    ]

    results = ingest(
        "attributes",
        *(
            {"lms_lead_id": "A", "field_name": n, "field_type": t, "field_value": v}
            for n, t, v in rows
        ),
    )

    assert [result.status for result in results] == ["created"] * 4 + ["rejected"]
    ada.refresh_from_db()
    assert ada.attributes == {
        "age": 30,
        "vip": False,
        "tags": ["x", 2],
        "note": "hello",
    }


def test_events_are_appended_and_an_external_id_only_once():
    make.customer(lms_lead_id="A")
    move = {"lms_lead_id": "A", "funnel_type": "sales", "to_stage": "won"}

    plain = ingest("funnel_events", move, move)
    named = ingest("funnel_events", move | {"external_id": "e"}) + ingest(
        "funnel_events", move | {"external_id": "e"}, move | {"external_id": "e"}
    )

    assert [result.status for result in plain] == ["created", "created"]
    assert [result.status for result in named] == ["created", "unchanged", "unchanged"]
    assert {result.id for result in named} == {
        FunnelEvent.objects.get(external_id="e").pk
    }


def test_an_activity_keeps_its_properties_as_json():
    make.customer(lms_lead_id="A")
    properties = {"sku": "x", "lines": [1, {"deep": None}]}

    [good, bad] = ingest(
        "activities",
        {
            "lms_lead_id": "A",
            "name": "purchase",
            "amount": 12.5,
            "properties": properties,
        },
        {"lms_lead_id": "A", "name": "purchase", "properties": {"a": "\0"}},
    )

    assert Activity.objects.get(pk=good.id).properties == properties
    assert bad.errors == [("properties", "This holds a NUL character.")]


@pytest.mark.parametrize(("age", "heard"), [(1, True), (25, False)])
def test_fresh_events_are_told_and_old_ones_are_not(age, heard):
    make.customer(lms_lead_id="A")
    EventSubscription.objects.create(kind="activity", name="login", owner="workflow:1")
    at = timezone.now() - timedelta(hours=age)

    ingest(
        "activities",
        {"lms_lead_id": "A", "name": "login", "occurred_at": at.isoformat()},
        {"lms_lead_id": "A", "name": "other", "occurred_at": at.isoformat()},
    )

    assert EventOutbox.objects.count() == heard


def test_code_records_moves_and_activities_through_the_same_door():
    ada = make.customer()

    move = record_move(ada, funnel_type="sales", to_stage="won", source="portal")
    same = [
        record_activity(ada, "signup", source="portal", external_id="1") for _ in "ab"
    ]

    assert FunnelEvent.objects.get().pk == move
    assert same == [Activity.objects.get().pk] * 2
    with pytest.raises(DomainError, match="none of sales"):
        record_move(ada, funnel_type="x", to_stage="won", source="portal")
