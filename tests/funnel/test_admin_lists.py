import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from funnel.models import Activity, FunnelEvent
from tests import make
from tests.admin_urls import urls_of

pytestmark = pytest.mark.django_db
EVENTS = reverse("admin:funnel_funnelevent_changelist")
ACTIVITIES = reverse("admin:funnel_activity_changelist")


def rows(response):
    return list(response.context["cl"].result_list)


@pytest.fixture
def moves():
    now = timezone.now()
    grace = make.customer(first_name="Grace")
    alan = make.customer(first_name="Alan")
    return {
        "won": make.funnel_event(grace, "Won", from_stage="Offer"),
        "old": make.funnel_event(
            alan, "Won", created_date=now - datetime.timedelta(days=40)
        ),
        "served": make.funnel_event(
            alan, "Onboarded", from_stage="", funnel_type="service-delivery"
        ),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "grace"}, ["won"]),
        ({"funnel_type": "service-delivery"}, ["served"]),
        ({"to_stage": "Won"}, ["won", "old"]),
        ({"from_stage": "Offer"}, ["won"]),
        ({"q": "alan", "to_stage": "Won"}, ["old"]),
        ({"to_day": (timezone.now() - datetime.timedelta(days=30)).date()}, ["old"]),
        ({"from_stage": "Nowhere"}, []),
    ],
)
def test_events_are_found_by_customer_funnel_stage_and_day(
    admin_client, moves, query, found
):
    response = admin_client.get(EVENTS, query)

    assert set(rows(response)) == {moves[name] for name in found}


def test_known_stages_are_suggested(admin_client, moves):
    shown = admin_client.get(EVENTS).content.decode()

    assert '<option value="Onboarded">' in shown
    assert '<option value="Won">' in shown


def test_the_page_of_an_event_shows_it_and_the_customers_other_moves(
    admin_client, moves
):
    shown = admin_client.get(moves["old"].get_absolute_url()).content.decode()

    assert "Enquiry" in shown
    assert moves["old"].customer.get_absolute_url() in shown
    assert moves["served"].get_absolute_url() in shown
    assert moves["won"].get_absolute_url() not in shown


def test_activities_are_found_and_their_page_shows_all_properties(admin_client):
    grace = make.customer(first_name="Grace")
    bought = make.activity(
        grace, "purchase", amount="12.50", properties={"Course": "Data <b>science</b>"}
    )
    make.activity(make.customer(first_name="Alan"), "login")

    found = rows(admin_client.get(ACTIVITIES, {"q": "grace", "name": "purchase"}))
    page = admin_client.get(reverse("admin:funnel_activity_change", args=(bought.pk,)))

    assert found == [bought]
    assert "12.50" in page.content.decode()
    assert "Data &lt;b&gt;science" in page.content.decode()


def test_a_property_may_have_the_name_of_what_pages_are_made_with(admin_client):
    bought = make.activity(make.customer(), "purchase", properties={"items": 3})

    page = admin_client.get(reverse("admin:funnel_activity_change", args=(bought.pk,)))

    assert "<dt>items</dt><dd>3</dd>" in page.content.decode()


@pytest.mark.parametrize("url", [EVENTS, ACTIVITIES])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin_client, django_assert_max_num_queries, url
):
    for _ in range(30):
        who = make.customer()
        make.funnel_event(who)
        make.activity(who)

    with django_assert_max_num_queries(17):
        response = admin_client.get(url)

    assert len(rows(response)) == 30


@pytest.mark.parametrize("model", [FunnelEvent, Activity])
def test_no_post_to_any_address_changes_anything(admin_client, model):
    who = make.customer()
    kept = {
        FunnelEvent: make.funnel_event(who),
        Activity: make.activity(who),
    }[model]
    before = list(model.objects.values())

    for url in urls_of(model, kept.pk):
        for form in (
            {},
            {"post": "yes"},
            {"action": "delete_selected", "_selected_action": kept.pk, "post": "yes"},
            {"to_stage": "Changed", "name": "changed", "_save": "Save"},
        ):
            assert admin_client.post(url, form).status_code < 500

    assert list(model.objects.values()) == before


def test_moves_are_exported_with_the_columns_of_an_import(admin_client, moves):
    url = reverse("admin:funnel_funnelevent_export") + "?to_stage=Onboarded"
    chosen = {f"listresource_{name}": "on" for name in ("email", "to_stage")}

    response = admin_client.post(url, {"format": "0", "resource": "0", **chosen})

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert text.split() == [
        "email,to_stage",
        f"{moves['served'].customer.email},Onboarded",
    ]
