import threading

import pytest
from django.db import connection, connections, transaction

from customers.models import AttributeDefinition, Customer, CustomerAttribute
from customers.services import (
    define_attributes,
    delete_attribute,
    index_expression,
    set_attribute,
)
from imports.services import ingest_rows
from marketing_os.lib.errors import DomainError
from tests import make


def indexes():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE tablename = 'customers' AND indexname ~ 'attribute'"
        )
        return dict(cursor.fetchall())


def plan_of(query):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.django_db
def test_an_attribute_is_defined_once_with_one_type():
    assert define_attributes({"age": "numeric", "plan": "string"}) == ["age", "plan"]
    assert define_attributes({"age": "numeric", "born": "date"}) == ["born"]

    with pytest.raises(DomainError, match="“age” is of type numeric already"):
        define_attributes({"new": "string", "age": "string"})

    names = AttributeDefinition.objects.values_list("name", flat=True)
    assert list(names) == ["age", "born", "plan"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "types", [{"": "string"}, {"x" * 256: "string"}, {"a\0": "string"}, {"x": "colour"}]
)
def test_a_definition_that_cannot_be_is_refused(types):
    with pytest.raises(DomainError):
        define_attributes(types)


@pytest.mark.django_db
def test_the_view_has_a_row_per_attribute_with_its_dates():
    ingest_rows("customers", [{"lms_lead_id": "A", "attributes": {"age": 30, "x": "y"}}], source="t")  # fmt: skip
    customer = Customer.objects.get()
    definition = AttributeDefinition.objects.get(name="age")

    row = CustomerAttribute.objects.get(field_name="age")

    assert row.pk == customer.pk * 1048576 + definition.pk
    assert (row.customer, row.field_type, row.field_value) == (customer, "numeric", 30)
    assert row.created_date == row.updated_date
    assert 0 <= (customer.created_date - row.created_date).total_seconds() < 1


@pytest.mark.django_db
def test_an_attribute_keeps_the_date_it_came_when_it_changes():
    ingest_rows("customers", [{"lms_lead_id": "A", "attributes": {"age": 30, "x": "y"}}], source="t")  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customer_attribute_dates SET dates = '{\"\": [1000, 1000]}'"
        )

    ingest_rows("customers", [{"lms_lead_id": "A", "attributes": {"age": 31, "x": "y", "new": 1}}], source="t")  # fmt: skip

    rows = {row.field_name: row for row in CustomerAttribute.objects.all()}
    assert rows["x"].updated_date.timestamp() == 1000
    assert rows["age"].created_date.timestamp() == 1000
    assert rows["age"].updated_date.timestamp() > 1000
    assert rows["new"].created_date.timestamp() > 1000


@pytest.mark.django_db
def test_a_customer_without_kept_dates_shows_its_own():
    customer = make.customer(attributes={"age": 1, "undefined": 2})
    define_attributes({"age": "numeric"})

    customer.refresh_from_db()
    row = CustomerAttribute.objects.get()
    assert (row.created_date, row.updated_date) == (customer.created_date,) * 2


@pytest.mark.django_db
def test_the_view_stays_right_for_hundreds_of_attributes():
    define_attributes({f"field {n} '%\"": "numeric" for n in range(400)})
    make.customer(attributes={"field 399 '%\"": 5})

    assert CustomerAttribute.objects.get().field_name == "field 399 '%\""
    assert CustomerAttribute.objects.filter(field_name="field 1 '%\"").count() == 0


@pytest.mark.django_db
def test_sensitivity_shows_in_the_view_below():
    define_attributes({"illness": "string"})
    make.customer(attributes={"illness": "flu"})

    definition = set_attribute(AttributeDefinition.objects.get(), sensitive=True, label="Illness")  # fmt: skip

    assert (definition.label, definition.sensitive) == ("Illness", True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sensitive FROM customer_attribute_values")
        assert cursor.fetchall() == [(True,)]


@pytest.mark.django_db
def test_a_deleted_attribute_leaves_nothing_for_its_successor():
    ingest_rows("customers", [{"lms_lead_id": "A", "attributes": {"age": 30, "x": 1}}], source="t")  # fmt: skip

    delete_attribute(AttributeDefinition.objects.get(name="age"))
    define_attributes({"age": "string"})

    assert Customer.objects.get().attributes == {"x": 1}
    assert CustomerAttribute.objects.get().field_name == "x"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("field_type", "condition"),
    [
        ("numeric", "= '5'::jsonb"),
        ("string", "= 'gold'"),
        ("string", "LIKE 'go%'"),
        ("array", "@> '[\"x\"]'"),
    ],
)
def test_an_indexed_attribute_has_an_index_that_conditions_use(field_type, condition):
    define_attributes({"it's 1": field_type})
    definition = AttributeDefinition.objects.get()

    set_attribute(definition, indexed=True)

    assert list(indexes()) == [f"customers_attribute_{definition.pk}"]
    expression = index_expression("it's 1", field_type).as_string(connection.connection)
    query = f"SELECT FROM customers WHERE {expression} {condition}"
    assert f"customers_attribute_{definition.pk}" in plan_of(query)

    set_attribute(definition, indexed=False)

    assert indexes() == {}


@pytest.mark.django_db(transaction=True)
def test_an_indexed_text_may_be_of_any_length():
    define_attributes({"note": "string"})
    set_attribute(AttributeDefinition.objects.get(), indexed=True)

    [result] = ingest_rows("customers", [{"lms_lead_id": "A", "attributes": {"note": "é" * 30_000}}], source="t")  # fmt: skip

    assert result.status == "created"


@pytest.mark.django_db(transaction=True)
def test_definitions_made_at_once_all_reach_the_view():
    def define(number):
        try:
            define_attributes({f"x{number}": "numeric", "shared": "string"})
        finally:
            connections.close_all()

    threads = [threading.Thread(target=define, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    make.customer(attributes={f"x{n}": n for n in range(6)} | {"shared": "y"})
    assert CustomerAttribute.objects.count() == 7
