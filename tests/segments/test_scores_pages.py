"""The pages of scores: asking for a refresh, what counts, and who may."""

import pytest

from segments.models import ScoreRefresh, ScoreSettings
from tests import make

pytestmark = pytest.mark.django_db
PAGE = "/admin/segments/scores/"
SETTINGS = f"{PAGE}settings/"
FORM = {
    "purchase_names": "Purchase\nmembership renewed, order\n\nPurchase",
    "visit_names": "visit",
    "horizon_days": "60",
    "medium_from": "2",
    "high_from": "8",
    "few_opens": "3",
    "few_purchases": "2",
    "purchase_days": "30",
    "high_spend": "100",
}


def words(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def signed_in(client, *permissions):
    who = make.grant(make.user(), *permissions)
    client.force_login(who)
    return client


def test_the_button_asks_for_a_refresh_and_the_page_shows_how_far_it_is(admin_client):
    admin_client.post(f"{PAGE}refresh/")
    admin_client.post(f"{PAGE}refresh/")

    assert ScoreRefresh.objects.count() == 1
    assert "Waiting for a worker" in words(admin_client.get(PAGE))

    ScoreRefresh.objects.update(
        state="running", step="scoring", customers_scored=50_000, customer_count=120_000
    )

    told = admin_client.get(f"{PAGE}progress/").json()
    assert told == {
        "state": "running",
        "words": "Scoring the customers: 50,000 of 120,000",
    }


def test_a_refresh_that_failed_says_why(admin_client):
    ScoreRefresh.objects.create(state="failed", error="The refresh was interrupted.")

    assert "The refresh was interrupted." in words(admin_client.get(PAGE))


def test_before_anything_the_page_leads_on(admin_client):
    assert "Choose what counts" in words(admin_client.get(PAGE))

    make.activity(make.customer(), name="visit")

    assert "Score all customers" in words(admin_client.get(PAGE))


def test_names_are_stored_once_each(admin_client):
    assert admin_client.post(SETTINGS, FORM).status_code == 302

    saved = ScoreSettings.current()
    assert saved.purchase_names == ["Purchase", "membership renewed", "order"]
    assert saved.horizon_days == 60
    assert "membership renewed" in words(admin_client.get(SETTINGS))


def test_the_settings_name_what_is_in_the_data(admin_client):
    make.activity(make.customer(), name="brochure downloaded")

    assert "brochure downloaded <span" in words(admin_client.get(SETTINGS))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("horizon_days", "6", "greater than or equal to 7"),
        ("horizon_days", "99999999", "less than or equal to"),
        ("horizon_days", "soon", "Enter a whole number."),
        ("medium_from", "8", "High activity must begin above medium activity."),
        ("medium_from", "0", "greater than or equal to 1"),
        ("few_opens", "-1", "greater than or equal to 0"),
        ("high_spend", "1e99", "no more than 14 digits"),
        ("high_spend", "", "This field is required."),
        ("visit_names", "x" * 101, "A name is longer than 100 characters."),
        ("visit_names", "\0", "Null characters are not allowed."),
        ("visit_names", ",".join(map(str, range(101))), "more than 100 names"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(admin_client, field, value, sentence):
    answer = admin_client.post(SETTINGS, FORM | {field: value})

    assert sentence in words(answer)
    assert not ScoreSettings.objects.exists()


def test_looking_is_not_refreshing_and_not_changing(client):
    viewer = signed_in(client, "segments.view_scorerefresh")

    page = words(viewer.get(PAGE))

    assert "Score all customers" not in page
    assert viewer.post(f"{PAGE}refresh/").status_code == 403
    assert viewer.get(SETTINGS).status_code == 403
    assert viewer.post(SETTINGS, FORM).status_code == 403
    assert not ScoreRefresh.objects.exists()


def test_without_permission_there_is_no_page(client):
    stranger = signed_in(client, "customers.view_customer")

    for address in (PAGE, f"{PAGE}progress/"):
        assert stranger.get(address).status_code == 403
    assert "Standing" not in words(stranger.get(make.customer().get_absolute_url()))


def test_a_refresh_is_asked_for_by_post_only(admin_client):
    assert admin_client.get(f"{PAGE}refresh/").status_code == 405
