"""What a whole column could be, what that would break, and how it writes its dates."""

import pytest

from customers.models import AttributeDefinition, Customer
from imports.errors import MappingError
from imports.services import set_mapping
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db


def column(*cells):
    """A file with a lead ID and a column called x; its first value is in line 2."""
    rows = "".join(f'{place},"{cell}"\n' for place, cell in enumerate(cells))
    return f"lms_lead_id,x\n{rows}"


def types(job):
    return job.columns[1]["types"]


def nearly(job):
    return [(found["type"], found["breaks"]) for found in types(job)["nearly"]]


def stored():
    found = Customer.objects.order_by("id").values_list("attributes", flat=True)
    return [attributes.get("x") for attributes in found]


def test_a_column_tells_what_a_stricter_type_would_break(upload):
    cells = ["5"] * 30 + ["Select", "Select", "n/a", "", "7"]

    job = upload(column(*cells))

    assert (types(job)["type"], types(job)["filled"]) == ("string", 34)
    assert types(job)["nearly"] == [
        {
            "type": "numeric",
            "breaks": 3,
            "values": [
                {"value": "Select", "line": 32, "rows": 2},
                {"value": "n/a", "line": 34, "rows": 1},
            ],
        }
    ]


def test_a_missing_word_no_longer_breaks_a_type(check):
    job = check(column("5", "Select", "7"), options={"missing": ["select"]})

    assert (types(job)["type"], types(job)["filled"]) == ("numeric", 2)
    assert nearly(job) == []


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["yes", "no", "yes", "maybe"], [("boolean", 1)]),
        (["2026-01-31", "2026-02-01", "soon"], [("date", 1)]),
        (["2026-01-31", "2026-02-01 10:00", "soon"], [("timestamp", 1)]),
        (["45000", "45001", "n/a"], [("numeric", 1)]),
        (["1", "2", "007", "a"], [("numeric", 2)]),
        (["1", "a", "b", "c"], []),
        (["", ""], []),
    ],
)
def test_what_fits_most_values_is_told_and_nothing_else(upload, cells, found):
    assert nearly(upload(column(*cells))) == found


def test_of_many_values_that_break_a_type_the_most_frequent_twenty_are_shown(upload):
    odd = [f"word {number}" for number in range(1, 31)]
    cells = ["1"] * 3000 + odd + ["word 30", "x" * 200]

    [found] = types(upload(column(*cells)))["nearly"]

    assert (found["breaks"], len(found["values"])) == (32, 20)
    assert found["values"][0] == {"value": "word 30", "line": 3031, "rows": 2}


def test_values_that_break_a_type_are_found_behind_a_misleading_beginning(upload):
    cells = ["Select"] * 2500 + ["1"] * 4000

    assert nearly(upload(column(*cells))) == [("numeric", 2500)]


@pytest.mark.parametrize(
    ("cells", "order", "expected"),
    [
        (["1.2.2026", "31.1.2026"], "dmy", ["2026-02-01", "2026-01-31"]),
        (["1/2/2026", "1/31/2026"], "mdy", ["2026-01-02", "2026-01-31"]),
        (["2026-02-01", "31-01-2026"], "dmy", ["2026-02-01", "2026-01-31"]),
        (["05/05/2026", "2026-02-01"], "dmy", ["2026-05-05", "2026-02-01"]),
        (["2026-02-01"], "", ["2026-02-01"]),
    ],
)
def test_the_order_of_dates_is_taken_where_a_value_tells_it(
    load, cells, order, expected
):
    job = load(column(*cells), mapping={"x": "attribute:x:date"})

    assert job.options["date_orders"] == ({"x": order} if order else {})
    assert stored() == expected


def test_an_order_that_no_value_tells_is_asked_for_once_per_column(upload, load):
    content = "lms_lead_id,x,y\nA,01/02/2026,31/01/2026\nB,,\n"
    job = upload(content)

    with pytest.raises(MappingError) as refusal:
        set_mapping(job, job.mapping)

    assert refusal.value.column == "x"
    assert "01/02/2026 (line 2) can be read in two ways" in str(refusal.value)
    assert job.columns[1]["note"] in str(refusal.value)
    assert types(job)["dates"]["order"] == "ask"
    load(content, options={"date_orders": {"x": "mdy"}})
    customer = Customer.objects.get(lms_lead_id="A")
    assert customer.attributes == {"x": "2026-01-02", "y": "2026-01-31"}


def test_two_orders_in_one_column_are_refused_with_the_lines_of_both(upload, load):
    content = column("01/02/2026", "12/31/2026", "31/12/2026")
    job = upload(content)

    with pytest.raises(MappingError) as refusal:
        set_mapping(job, job.mapping | {"x": "attribute:x:date"})

    assert (
        "31/12/2026 (line 4) has the day first, 12/31/2026 (line 3) the month"
        in str(refusal.value)
    )
    assert job.mapping["x"] == "attribute:x:string"
    chosen = load(
        content, mapping={"x": "attribute:x:date"}, options={"date_order": "dmy"}
    )
    assert refusals(chosen) == [(3, "x", "This is not a date such as 2026-01-31.")]


def test_the_time_of_an_event_is_asked_for_as_any_date(upload, load):
    load("lms_lead_id\nA\n")
    content = "lms_lead_id,name,occurred_at\nA,login,01/02/2026 10:00\n"
    job = upload(content, "activities")

    with pytest.raises(MappingError, match="can be read in two ways"):
        set_mapping(job, job.mapping)

    assert counts(load(content, "activities", options={"date_order": "dmy"}))[0] == 1


@pytest.mark.parametrize(
    ("field_type", "cells", "expected"),
    [
        ("date", ["45000", "45000.75", "2023-03-15"], ["2023-03-15"] * 3),
        ("timestamp", ["45000.5", "45000"], ["2023-03-15T12:00:00Z", "2023-03-15T00:00:00Z"]),
        ("numeric", ["45000"], [45000]),
    ],
)  # fmt: skip
def test_days_as_a_spreadsheet_counts_them_are_dates_where_dates_are_declared(
    load, field_type, cells, expected
):
    load(column(*cells), mapping={"x": f"attribute:x:{field_type}"})

    assert stored() == expected


def test_a_number_that_is_no_day_of_a_spreadsheet_is_refused(load):
    job = load(column("20260131", "1999", "-45000"), mapping={"x": "attribute:x:date"})

    assert [line for line, *_ in refusals(job)] == [2, 3, 4]


def test_an_empty_column_has_no_type(upload):
    job = upload(column("", " "))

    assert (types(job)["type"], types(job)["filled"]) == ("", 0)
    assert not AttributeDefinition.objects.exists()
