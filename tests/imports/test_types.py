import pytest

from customers.models import AttributeDefinition, Customer
from imports.errors import MappingError
from imports.services import set_mapping
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db


def column(name, *cells):
    """A file with a lead ID and one more column."""
    rows = "".join(f'{place},"{cell}"\n' for place, cell in enumerate(cells))
    return f"lms_lead_id,{name}\n{rows}"


def values(name="x"):
    found = Customer.objects.order_by("id").values_list("attributes", flat=True)
    return [attributes.get(name) for attributes in found]


@pytest.mark.parametrize(
    ("cells", "field_type"),
    [
        (["1", "-2.50", "0"], "numeric"),
        (["007", "12"], "string"),
        (["1e5", "2"], "string"),
        (["Yes", "no", ""], "boolean"),
        (["true", "FALSE"], "boolean"),
        (["0", "1"], "numeric"),
        (["2026-01-31", "2024-02-29"], "date"),
        (["2026-01-31", "2026-02-30"], "string"),
        (["2026-01-31", "2026-01-31 10:00"], "timestamp"),
        (["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.25+02:00"], "timestamp"),
        (['[""a""]', "[1, 2.5]"], "array"),
        (["1", "two"], "string"),
        (["31/01/2026", "01/02/2026"], "date"),
        (["01/31/2026 9:05 AM", "01/02/2026"], "timestamp"),
        (["31/01/2026", "01/31/2026"], "string"),
        (["2026-01-31", "45000"], "date"),
        (["45000", "45001"], "numeric"),
    ],
)
def test_the_type_holds_for_the_whole_column(load, cells, field_type):
    load(column("x", *cells))

    assert AttributeDefinition.objects.get(name="x").field_type == field_type


def test_a_type_that_fails_only_in_the_last_row_is_not_taken(upload):
    cells = ["1"] * 2500 + ["none"]

    job = upload(column("x", *cells))

    assert job.mapping["x"] == "attribute:x:string"


@pytest.mark.parametrize(
    ("field_type", "cells", "canonical"),
    [
        ("numeric", ["1.50", "+2", "1e3", ".5"], [1.5, 2, 1000, 0.5]),
        ("boolean", ["Y", "off", "1", "F"], [True, False, True, False]),
        ("date", ["2026-01-31", "0999-01-01"], ["2026-01-31", None]),
        (
            "timestamp",
            ["2026-01-31 14:30", "2026-07-01T00:00:00.9+02:00", "2026-01-31 2:30 PM"],
            ["2026-01-31T14:30:00Z", "2026-06-30T22:00:00Z", "2026-01-31T14:30:00Z"],
        ),
        (
            "array",
            ["a; b ;;c", '[1, ""x,y"", 2.5]', "[]", "[true]", "[[1]]", '[""\\u0000""]'],
            [["a", "b", "c"], [1, "x,y", 2.5], [], None, None, None],
        ),
        ("string", ["  a  ", "\\N", "=1+1", "é\U0001f600"], None),
    ],
)
def test_values_are_stored_in_one_form_per_type(load, field_type, cells, canonical):
    job = load(column(f"x:{field_type}", *cells))

    expected = canonical or [cell.strip() for cell in cells]
    assert values() == [value for value in expected if value is not None]
    assert job.rejected_count == expected.count(None)


@pytest.mark.parametrize(
    ("field_type", "cell", "reason"),
    [
        ("numeric", "1,5", "This is not a number."),
        ("numeric", "NaN", "This is not a number."),
        ("boolean", "perhaps", "This is neither yes nor no."),
        ("date", "2023-02-29", "This is not a date such as 2026-01-31."),
        ("date", "4500", "This is not a date such as 2026-01-31."),
        ("date", "31/01/26", "This is not a date such as 2026-01-31."),
        (
            "timestamp",
            "2026-01-31 25:00",
            "This is not a date and time such as 2026-01-31 14:30.",
        ),
        ("array", "[1", "This is not a list such as a;b or [1, 2]."),
    ],
)
def test_a_value_of_another_type_refuses_its_row(load, field_type, cell, reason):
    job = load(column(f"x:{field_type}", cell, ""))

    assert refusals(job) == [(2, f"x:{field_type}", reason)]
    assert counts(job) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("order", "cell", "value"),
    [
        ("dmy", "1.2.2026", "2026-02-01"),
        ("mdy", "1/2/2026", "2026-01-02"),
        ("dmy", "31/12/2026", "2026-12-31"),
        ("mdy", "2026-01-31", "2026-01-31"),
    ],
)
def test_other_orders_of_dates_are_read_when_named(load, order, cell, value):
    load(column("x", cell), options={"date_order": order})

    assert AttributeDefinition.objects.get().field_type == "date"
    assert values() == [value]


def test_times_without_a_zone_are_in_the_zone_named(load):
    load(
        column("x", "1/2/2026 3:04", "2026-07-01 00:00"),
        options={"date_order": "mdy", "timezone": "Europe/Paris"},
    )

    assert values() == ["2026-01-02T02:04:00Z", "2026-06-30T22:00:00Z"]


def test_a_decimal_comma_is_read_when_named(load):
    load(column("x", "1,5", "1.234,5", "7"), options={"decimal_comma": True}, mapping={"x": "attribute:x:numeric"})  # fmt: skip

    assert values() == [1.5, 1234.5, 7]


def test_words_that_mean_nothing_are_missing_values(load):
    load(column("x", "Select", "5", "n/a"), options={"missing": ["select", "N/A"]})

    assert AttributeDefinition.objects.get().field_type == "numeric"
    assert values() == [None, 5, None]


def test_an_attribute_keeps_its_type(load, check):
    load(column("x", "1"))

    job = check(column("x", "one"))

    assert refusals(job) == [(2, "x", "This is not a number.")]


def test_an_attribute_is_not_given_another_type(load, upload):
    load(column("x", "1"))
    job = upload(column("x", "1"))

    with pytest.raises(MappingError, match="“x” is of type numeric already"):
        set_mapping(job, {"lms_lead_id": "lms_lead_id", "x": "attribute:x:string"})
