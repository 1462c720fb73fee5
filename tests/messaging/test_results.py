"""The results on the page of a dispatch, and the lists that their numbers lead to."""

import csv
import re

import pytest
from django.utils import timezone

from messaging.models import Delivery, DeliveryEvent, Dispatch
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def page_of(client, dispatch):
    return client.get(f"/admin/messaging/dispatch/{dispatch.pk}/change/")


def sent_with(*fates):
    """A dispatch of which each message came as far as one of these says."""
    people = make.customers(len(fates))
    dispatch = ledger.dispatch(*people)
    rows = dispatch.deliveries.order_by("pk")
    for delivery, fate in zip(rows, fates, strict=True):
        values = {"accepted_at": NOW} | fate
        Delivery.objects.filter(pk=delivery.pk).update(**values)
    return dispatch


def steps(response):
    return {step["title"]: step for step in response.context["steps"]}


ACCEPTED = {"state": "accepted"}
DELIVERED = {"state": "delivered"}
OPENED = {"state": "delivered", "opened_at": NOW}
CLICKED = OPENED | {"clicked_at": NOW}
BOUNCED = {"state": "bounced"}
COMPLAINED = {"state": "complained", "opened_at": NOW}
REFUSED = {"state": "rejected", "reason": "provider_refused", "accepted_at": None}
SKIPPED = {"state": "skipped", "reason": "no_consent", "accepted_at": None}
WAITING = {"state": "pending", "accepted_at": None}
ONE_OF_EACH = (
    ACCEPTED,
    DELIVERED,
    OPENED,
    CLICKED,
    BOUNCED,
    COMPLAINED,
    REFUSED,
    SKIPPED,
    WAITING,
)


def test_the_page_tells_how_far_the_messages_came(admin_client):
    dispatch = sent_with(*ONE_OF_EACH)
    unsubscriber = dispatch.deliveries.filter(clicked_at__isnull=False).get()
    for _ in range(2):
        DeliveryEvent.objects.create(delivery=unsubscriber, kind="unsubscribed")

    found = steps(page_of(admin_client, dispatch))

    assert {title: step["count"] for title, step in found.items()} == {
        "Audience": 9,
        "Sent": 6,
        "Delivered": 4,
        "Opened": 3,
        "Followed a link": 1,
        "Unsubscribed": 1,
        "Bounced": 1,
        "Complained": 1,
    }
    assert found["Opened"]["share"] == 50


def test_the_states_add_up_to_the_audience(admin_client):
    response = page_of(admin_client, sent_with(*ONE_OF_EACH))

    assert sum(row["count"] for row in response.context["rows"]) == 9


def test_each_number_leads_to_the_list_of_as_many_messages(admin_client):
    dispatch = sent_with(*ONE_OF_EACH)
    delivery = dispatch.deliveries.filter(clicked_at__isnull=False).get()
    DeliveryEvent.objects.create(delivery=delivery, kind="unsubscribed")
    sent_with(*ONE_OF_EACH)
    context = page_of(admin_client, dispatch).context

    rows = [*context["steps"], *context["rows"]]
    assert sum(row["count"] > 0 for row in rows) > 10
    for row in rows:
        listed = admin_client.get(row["url"]).context["cl"].result_list
        assert len(listed) == row["count"], row


def test_only_people_count_for_the_links_and_each_once(admin_client):
    dispatch = sent_with(CLICKED, CLICKED)
    first, second = dispatch.deliveries.order_by("pk")
    version = dispatch.template.current_version
    link = version.links.create(position=1, url="https://example.org/a?b=1&c=2")
    visits = [(first, True), (first, True), (second, True), (second, False)]
    for delivery, is_human in visits:
        DeliveryEvent.objects.create(
            delivery=delivery,
            dispatch=dispatch,
            kind="clicked",
            link=link,
            is_human=is_human,
        )

    [(figures, url)] = page_of(admin_client, dispatch).context["links"]

    assert (figures.people, figures.visits, figures.machines) == (2, 3, 1)
    assert len(admin_client.get(url).context["cl"].result_list) == 2


def test_before_anything_was_sent_the_page_says_so(admin_client):
    empty = Dispatch.objects.create(template=make.template(), source_key="x", name="X")

    page = page_of(admin_client, empty).content.decode()

    assert "Nothing was sent yet, so there is nothing to tell." in page


def test_a_provider_without_reports_is_said_to_be_one(admin_client):
    page = page_of(admin_client, sent_with(ACCEPTED)).content.decode()

    assert "has not reported yet what arrived" in page
    assert "Delivered</th>" not in page


def test_the_results_of_a_template_are_those_of_all_its_dispatches(admin_client):
    first = sent_with(OPENED, ACCEPTED)
    Dispatch.objects.filter(pk=sent_with(CLICKED).pk).update(template=first.template)
    sent_with(CLICKED)

    address = f"/admin/messaging/messagetemplate/{first.template_id}/"
    view = admin_client.get(f"{address}view/").content.decode()
    response = admin_client.get(f"{address}results/")

    assert f"{address}results/" in view
    counts = {title: step["count"] for title, step in steps(response).items()}
    assert (counts["Audience"], counts["Opened"]) == (3, 2)
    assert len(response.context["dispatches"]) == 2
    for row in [*response.context["steps"], *response.context["rows"]]:
        listed = admin_client.get(row["url"]).context["cl"].result_list
        assert len(listed) == row["count"], row


def test_a_template_that_was_never_sent_has_a_page_that_says_so(admin_client):
    address = f"/admin/messaging/messagetemplate/{make.template().pk}/results/"

    assert "nothing to tell" in admin_client.get(address).content.decode()


def test_the_figures_are_exported_as_they_stand_on_the_page(admin_client):
    dispatch = sent_with(*ONE_OF_EACH)
    address = f"/admin/messaging/dispatch/{dispatch.pk}/results/"

    response = admin_client.post(address, {"format": "csv"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))

    assert f"results-of-dispatch-{dispatch.pk}" in response["Content-Disposition"]
    of_audience = [row for row in rows if row["section"] == "audience"]
    assert sum(int(row["count"]) for row in of_audience[1:]) == 9
    [opened] = [row for row in rows if row["what"] == "opened"]
    assert (opened["count"], opened["of"], opened["percent"]) == ("3", "6", "50.0")


@pytest.mark.parametrize("wanted", ["xlsx", "tsv", "nonsense", ""])
def test_whatever_is_asked_for_a_file_comes(admin_client, wanted):
    address = f"/admin/messaging/dispatch/{sent_with(ACCEPTED).pk}/results/"

    response = admin_client.post(address, {"format": wanted})

    name = re.search(r"\.(\w+)\"?$", response["Content-Disposition"]).group(1)
    assert name == (wanted if wanted in ("xlsx", "tsv") else "csv")


def test_only_who_may_export_gets_the_file(client):
    dispatch = sent_with(ACCEPTED)
    viewer = make.grant(make.user(), "messaging.view_dispatch")
    client.force_login(viewer)

    response = client.post(f"/admin/messaging/dispatch/{dispatch.pk}/results/")

    assert response.status_code == 403
    assert "Workbook" not in page_of(client, dispatch).content.decode()


def test_who_may_see_templates_but_no_dispatches_sees_no_results(client):
    template = make.template()
    client.force_login(make.grant(make.user(), "messaging.view_messagetemplate"))

    address = f"/admin/messaging/messagetemplate/{template.pk}/results/"

    assert client.get(address).status_code == 403


def test_a_page_costs_as_many_questions_for_many_dispatches_as_for_few(
    admin_client, django_assert_max_num_queries
):
    template = sent_with(CLICKED).template
    for _ in range(25):
        Dispatch.objects.filter(pk=sent_with(CLICKED).pk).update(template=template)

    address = f"/admin/messaging/messagetemplate/{template.pk}/results/"
    with django_assert_max_num_queries(25):
        page = admin_client.get(address)

    assert len(page.context["dispatches"]) == 20
    assert page.context["has_more"]


@pytest.mark.parametrize(
    "search",
    [
        {"outcome": "nonsense"},
        {"goal": "0"},
        {"goal": "99999999999999999999"},
        {"goal": "999"},
        {"series": "x" * 300},
        {"series": "a\0b"},
        {"link": "'; --"},
        {"link": "a\0b"},
        {"template": "no"},
    ],
)
def test_no_search_breaks_the_list(admin_client, search):
    sent_with(ACCEPTED)

    assert admin_client.get("/admin/messaging/delivery/", search).status_code == 200
