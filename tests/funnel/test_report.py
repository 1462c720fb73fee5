"""The report on a funnel says what was counted by hand."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from funnel.models import FunnelEvent
from funnel.services import record_conversion
from marketing_os.lib.models import ExportRecord
from tests import make

pytestmark = pytest.mark.django_db
JANUARY = datetime(2026, 1, 10, 12, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 10, 12, tzinfo=UTC)
WAY = ("signup", "attend_first_session", "upgrade", "attend_first_paid_session")


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


def walk(who, start, *days):
    """Convert step by step, so many days after the one before."""
    at = start
    for name, wait in zip(WAY, (0, *days), strict=False):
        at += timedelta(days=wait)
        record_conversion(who, name, source="test", at=at)


@pytest.fixture
def members():
    """Three of January, of whom two came and one paid; one of February who came."""
    make.attribute("city")
    walk(make.customer(attributes={"city": "Leeds"}), JANUARY)
    walk(make.customer(attributes={"city": "Leeds"}), JANUARY, 2)
    walk(make.customer(attributes={"city": "York"}), JANUARY, 4, 10)
    walk(make.customer(), FEBRUARY, 9)


def ask(client, **search):
    return client.get(reverse("admin:funnel_report"), search)


def steps(part):
    return [(step.name, step.count, step.rate, step.days) for step in part.steps]


def test_it_counts_rates_and_median_days(admin_client, members):
    report = ask(admin_client).context["report"]

    assert steps(report.whole) == [
        ("signup", 4, 100, None),
        ("attend_first_session", 3, 75, 4),
        ("upgrade", 1, pytest.approx(100 / 3), 10),
        ("attend_first_paid_session", 0, 0, None),
    ]
    assert report.whole.steps[2].whole_rate == 25


def test_months_of_signup_are_told_apart(admin_client, members):
    parts = ask(admin_client, by="month").context["parts"]

    assert [(name, [step.count for step in part.steps]) for name, part in parts] == [
        ("2026-02", [1, 1, 0, 0]),
        ("2026-01", [3, 2, 1, 0]),
    ]
    assert parts[1][1].steps[1].days == 3


def test_values_of_an_attribute_are_told_apart(admin_client, members):
    parts = ask(admin_client, by="attribute:city").context["parts"]

    assert [(name, part.steps[0].count) for name, part in parts] == [
        ("Leeds", 2),
        ("York", 1),
        ("Not known", 1),
    ]


def test_rare_values_stand_together(admin_client):
    make.attribute("city")
    for number in range(15):
        walk(make.customer(attributes={"city": f"City {number:02}"}), JANUARY)

    parts = ask(admin_client, by="attribute:city").context["parts"]

    assert len(parts) == 13
    assert (parts[-1][0], parts[-1][1].steps[0].count) == ("Other values", 3)


def test_days_leave_out_who_came_before_or_after(admin_client, members):
    report = ask(admin_client, from_day="2026-02-10", to_day="2026-02-10").context[
        "report"
    ]

    assert [step.count for step in report.whole.steps] == [1, 1, 0, 0]


def test_the_way_through_another_funnel_is_read_from_the_moves(admin_client):
    for way in (("enquiry", "offer", "enrolled"), ("enquiry", "offer"), ("enquiry",)):
        who = make.customer()
        for place, stage in enumerate(way):
            make.funnel_event(
                who,
                stage,
                from_stage="",
                created_date=JANUARY + timedelta(days=2 * place),
            )
    lost = make.customer()
    make.funnel_event(lost, "enquiry", from_stage="", created_date=JANUARY)
    make.funnel_event(lost, "lost", from_stage="enquiry", created_date=FEBRUARY)

    report = ask(admin_client, funnel="sales").context["report"]

    assert steps(report.whole) == [
        ("enquiry", 4, 100, None),
        ("offer", 2, 50, 2),
        ("enrolled", 1, 50, 2),
    ]
    assert report.exits == (("lost", 1),)


def test_a_stage_that_customers_came_to_again_counts_once(admin_client):
    who = make.customer()
    for days in (0, 1, 5):
        at = JANUARY + timedelta(days=days)
        make.funnel_event(who, "enquiry", from_stage="", created_date=at)

    report = ask(admin_client, funnel="sales").context["report"]

    assert [step.count for step in report.whole.steps] == [1]


@pytest.mark.parametrize("funnel", ["conversion", "sales", "service-delivery"])
def test_an_empty_funnel_says_what_to_do(admin_client, funnel):
    answer = ask(admin_client, funnel=funnel)

    assert "Nobody has moved" in answer.content.decode()


@pytest.mark.parametrize(
    "search",
    [
        {"funnel": "x"},
        {"by": "x"},
        {"by": "attribute:nobody"},
        {"by": "\0"},
        {"from_day": "soon"},
        {"from_day": "0001-01-01"},
        {"to_day": "9999-12-31"},
        {"from_day": "2026-02-01", "to_day": "2026-01-01"},
    ],
)
def test_what_cannot_be_reported_is_said_beside_the_field(
    admin_client, members, search
):
    answer = ask(admin_client, **search)

    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert "report" not in answer.context


def test_sensitive_attributes_are_for_those_who_may_see_them(client, members):
    make.attribute("diagnosis", sensitive=True)
    viewer = make.grant(make.user(), "funnel.view_funnelevent")
    client.force_login(viewer)

    assert ask(client, by="attribute:diagnosis").context["form"].errors

    client.force_login(make.grant(viewer, "customers.view_sensitive"))
    assert ask(client, by="attribute:diagnosis").context["report"]


def test_it_is_exported_with_every_figure_and_on_record(admin_client, members):
    answer = admin_client.post(
        reverse("admin:funnel_report_export"), {"by": "month", "format": "csv"}
    )

    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 12
    assert rows[1] == {
        "customers": "All",
        "stage": "attend_first_session",
        "count": "3",
        "percent_of_stage_before": "75.0",
        "percent_of_first_stage": "75.0",
        "median_days_since_stage_before": "4.0",
    }
    assert ExportRecord.objects.get().row_count == 12


def test_who_may_not_export_gets_no_file(client, members):
    client.force_login(make.grant(make.user(), "funnel.view_funnelevent"))

    answer = client.post(reverse("admin:funnel_report_export"))

    assert "CSV" not in ask(client).content.decode()
    assert answer.status_code == 403


def test_it_asks_as_often_however_many_customers_there_are(
    admin_client, django_assert_max_num_queries
):
    for _ in range(20):
        walk(make.customer(), JANUARY, 1, 1, 1)

    with django_assert_max_num_queries(22):
        report = ask(admin_client).context["report"]

    assert FunnelEvent.objects.count() == 80
    assert report.whole.steps[-1].count == 20
