"""Everybody gets an activity level and a retention risk, with the reasons."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from segments.models import CustomerScore, ScoreRefresh
from segments.services.scores import request_score_refresh
from tests import make
from tests.segments import score_world

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/segments/scores/"


def refresh(*arguments):
    said = io.StringIO()
    as_of = ("--as-of", score_world.NOW.isoformat())
    call_command("refresh_scores", *as_of, *arguments, stdout=said)
    return said.getvalue()


def text_of(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_whoever_fell_silent_is_at_risk_and_regulars_are_not(admin_client):
    customers = score_world.fill()

    said = refresh("--horizon-days", "60")

    assert "500 customers were scored." in said
    scores = {one.customer_id: one for one in CustomerScore.objects.all()}
    silent = [one for one in customers if 60 < score_world.last_seen(one) < 200]
    regular = [one for one in customers if score_world.last_seen(one) < 7]
    assert min(scores[one.pk].risk for one in silent) > 0.7
    assert max(scores[one.pk].risk for one in regular) < 0.5
    assert {scores[one.pk].get_level_display() for one in silent} == {"Low"}

    page = text_of(admin_client, silent[0].get_absolute_url())

    assert f"silent for {score_world.last_seen(silent[0])} days" in page


def test_the_page_shows_how_good_the_model_is(admin_client):
    score_world.fill()
    refresh("--horizon-days", "60")
    figures = ScoreRefresh.objects.get().figures

    page = text_of(admin_client, PAGE)

    assert f"{figures['auc']:.3f}" in page
    assert f"{figures['auc_recency']:.3f}" in page
    assert figures["auc"] > 0.8
    assert sum(figures["distribution"]) == 500
    assert "What was said, and what was" in page
    assert "How often they were active" in page


def test_what_was_said_is_what_happens(admin_client):
    score_world.fill(1_500)

    refresh("--horizon-days", "60")

    groups = ScoreRefresh.objects.get().figures["calibration"]
    assert groups[-1]["said"] > groups[0]["said"] + 0.5
    for group in groups:
        assert group["said"] == pytest.approx(group["was"], abs=0.25)


def test_with_a_short_history_a_plain_rule_stands_in_and_says_so(admin_client):
    score_world.fill(60, days=70)

    said = refresh("--horizon-days", "60")

    assert "By the recency rule." in said
    assert "needs a history of 88 days" in text_of(admin_client, PAGE)
    for one in CustomerScore.objects.select_related("customer"):
        silent = min(score_world.last_seen(one.customer), 70)
        assert one.risk == pytest.approx(min(silent / 60, 1), abs=0.02)


def test_with_too_few_customers_a_plain_rule_stands_in(admin_client):
    score_world.fill(60)

    assert "Too few customers stayed" in refresh("--horizon-days", "60")


def test_where_nothing_counts_the_page_leads_on(admin_client):
    make.activity(make.customer(), name="brochure downloaded")

    with pytest.raises(CommandError, match="No activity counts"):
        refresh()

    page = text_of(admin_client, PAGE)
    assert "Choose what counts" in page
    assert "No activity counts" in page
    assert not CustomerScore.objects.exists()


def test_names_count_however_they_are_joined():
    customer = make.customer(created_date=score_world.NOW - dt.timedelta(days=9))
    make.activity(
        customer,
        name="Class_Attended",
        occurred_at=score_world.NOW - dt.timedelta(days=3),
    )

    refresh("--horizon-days", "30")

    assert CustomerScore.objects.get().risk == pytest.approx(0.1)


def test_archived_and_future_customers_get_no_score():
    score_world.fill(3)
    make.customer(archived_at=score_world.NOW, created_date=score_world.NOW)
    make.customer(created_date=score_world.NOW + dt.timedelta(days=1))

    refresh()

    assert CustomerScore.objects.count() == 3


def test_a_new_refresh_takes_the_place_of_the_old_one():
    score_world.fill(3)
    refresh()

    refresh()

    current = ScoreRefresh.objects.get(is_current=True)
    assert {one.refresh_id for one in CustomerScore.objects.all()} == {current.pk}
    assert current.pk == max(ScoreRefresh.objects.values_list("pk", flat=True))


def test_asking_twice_is_asking_once():
    assert request_score_refresh() == request_score_refresh()


def test_an_erased_customer_has_no_scores():
    erased, kept = score_world.fill(2)
    refresh()

    call_command("erase_customer", str(erased.pk), "--yes", stdout=io.StringIO())

    assert CustomerScore.objects.get().customer_id == kept.pk
    refresh()
    assert CustomerScore.objects.get().customer_id == kept.pk


def test_all_that_is_held_about_a_customer_has_the_scores(tmp_path):
    customer = score_world.fill(1)[0]
    refresh()
    file = tmp_path / "all.json"

    call_command("export_customer", str(customer.pk), "--output", str(file))

    assert '"risk"' in file.read_text()
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    "arguments", [("--as-of", "soon"), ("--horizon-days", "3"), ("--request", "9")]
)
def test_the_command_refuses_nonsense_with_a_sentence(arguments):
    with pytest.raises(CommandError):
        call_command("refresh_scores", *arguments)
