"""Cells as people write them: addresses, numbers, zones, and rows that repeat."""

import pytest

from customers.models import Customer
from imports.errors import MappingError
from imports.services import count_rejects, set_mapping
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("europe/paris", "Europe/Paris"),
        ("AMERICA/NEW YORK", "America/New_York"),
        (" utc ", "UTC"),
        ("Z", "UTC"),
        ("India Standard Time", "Asia/Kolkata"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Mars Standard Time", None),
        ("localtime", None),
    ],
)
def test_a_time_zone_is_stored_under_its_own_name(load, written, stored):
    job = load(f"lms_lead_id,timezone\nA,{written}\n")

    if stored is None:
        assert refusals(job) == [(2, "timezone", "This is not a time zone such as Europe/Paris.")]  # fmt: skip
    else:
        assert Customer.objects.get().timezone == stored


def test_the_zone_of_times_may_be_spelled_in_any_way(load, upload):
    content = "lms_lead_id,seen\nA,2026-07-01 00:00\n"

    job = load(content, options={"timezone": "europe/paris"})

    assert job.options["timezone"] == "Europe/Paris"
    assert Customer.objects.get().attributes == {"seen": "2026-06-30T22:00:00Z"}
    with pytest.raises(MappingError, match="“Mars” is not a time zone"):
        set_mapping(upload(content), {"lms_lead_id": "lms_lead_id"}, {"timezone": "Mars"})  # fmt: skip


def test_a_number_that_a_spreadsheet_was_kept_from_calculating_is_a_number(load):
    load("lms_lead_id,mobile\nA,'+44 20 7946 0018\n")

    assert Customer.objects.get().mobile == "+442079460018"


def test_numbers_with_a_decimal_comma_are_noticed_and_read_when_told(upload, load):
    content = 'lms_lead_id;x;y\nA;"1,5";a,b\nB;2;1,5\n'

    job = upload(content)

    assert [column["note"] for column in job.columns] == [
        "", "Its numbers seem to have a decimal comma.", "",
    ]  # fmt: skip
    load(content, options={"decimal_comma": True})
    assert Customer.objects.get(lms_lead_id="A").attributes == {"x": 1.5, "y": "a,b"}


@pytest.mark.parametrize(
    ("cells", "is_noticed"),
    [
        (["1,5", "2,25", "N/A"], True),
        (["1,5", "2", "-", "7"], True),
        (["1,5", "some", "words"], False),
        (["1.5", "2", "N/A"], False),
    ],
)
def test_words_among_the_numbers_do_not_hide_a_decimal_comma(upload, cells, is_noticed):
    rows = "".join(f"{place};{cell}\n" for place, cell in enumerate(cells))

    job = upload(f"lms_lead_id;x\n{rows}")

    assert ("decimal comma" in job.columns[1]["note"]) == is_noticed


def test_dots_between_thousands_do_not_hide_a_decimal_comma(upload, load):
    content = "lms_lead_id;x;y\nA;1.200,50;1.20,5\nB;900,00;1,5\n"

    job = upload(content)

    assert [column["note"] for column in job.columns] == [
        "", "Its numbers seem to have a decimal comma.", "",
    ]  # fmt: skip
    load(content, options={"decimal_comma": True})
    assert Customer.objects.get(lms_lead_id="A").attributes == {"x": 1200.5, "y": "1.20,5"}  # fmt: skip


def test_a_row_that_repeats_another_is_told_with_the_line_of_the_first(load):
    job = load(
        "lms_lead_id,email\nA,a@example.org\nB,b@example.org\nA,c@example.org\n"
        "A,\n,B@EXAMPLE.ORG\n"
    )

    assert counts(job)[0] == 2
    told = [(line, column, reason.removeprefix("The same customer stands in "))
            for line, column, reason in refusals(job)]  # fmt: skip
    assert told == [
        (4, "lms_lead_id", "line 2 already."),
        (5, "lms_lead_id", "line 2 already."),
        (6, "email", "line 3 already."),
    ]


def test_a_thousand_like_faults_are_told_as_one(load, command):
    rows = [f"L{n},not an address,x\n" for n in range(1000)]
    repeats = ["L5000,,\n"] + ["L5000,,\n"] * 20 + ["M,,,too,many\n"]
    content = "lms_lead_id,email,note\n" + "".join(rows + repeats)

    job = load(content)
    report = command("import_customers", content.replace("L5000", "L6000"))

    assert [(kind.count, kind.column, kind.line) for kind in count_rejects(job)] == [
        (1000, "email", 2), (20, "lms_lead_id", 1003), (1, "", 1023),
    ]  # fmt: skip
    assert report.count("Line ") == 3
    assert "Line 2 and 999 more, email: This is not an e-mail address. (not an" in report  # fmt: skip


def test_words_for_nothing_are_missing_only_when_told(load):
    content = "lms_lead_id,x\nA,Select\nB,N/A\nC,-\nD,5\n"

    load(content)
    load(content.replace("x", "y"), options={"missing": ["select", " n/a ", "-"]})

    attributes = Customer.objects.order_by("lms_lead_id").values_list("attributes", flat=True)  # fmt: skip
    assert [found.get("x") for found in attributes] == ["Select", "N/A", "-", "5"]
    assert [found.get("y") for found in attributes] == [None, None, None, 5]
