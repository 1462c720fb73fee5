from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from automations import services
from messaging.models import ConversionGoal
from messaging.services import send_due
from tests import make

pytestmark = pytest.mark.django_db


def results_url(automation):
    return reverse("admin:automations_automation_results", args=(automation.pk,))


def choose(client, automation, **changes):
    values = {
        "series": f"automation:{automation.pk}",
        "what": "activity",
        "name": "visit",
        "days": "7",
        "back": results_url(automation),
    } | changes
    return client.post(reverse("admin:messaging_goal_choose"), values, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def ran(*customers, runs=1):
    automation = make.automation(segment=make.segment(*customers))
    for _ in range(runs):
        services.run_now(automation)
        services.prepare_next_run()
        send_due(limit=100, until=timezone.now() + timedelta(seconds=30))
    return automation


def test_the_results_are_those_of_all_runs_and_count_each_customer_once(admin_client):
    ada, bob = make.customer(), make.customer()
    automation = ran(ada, bob, runs=2)
    choose(admin_client, automation)
    make.activity(ada, "visit")

    page = admin_client.get(results_url(automation))

    assert page.context["figures"].sent == 4
    [row] = page.context["goals"]
    assert (row["found"].sent.done, row["found"].sent.people) == (1, 2)
    for step in [*page.context["steps"], *page.context["rows"]]:
        listed = admin_client.get(step["url"]).context["cl"].result_list
        assert len(listed) == step["count"], step


def test_the_page_of_the_automation_leads_to_its_results(admin_client):
    automation = make.automation()

    page = admin_client.get(automation.get_absolute_url()).content.decode()
    results = admin_client.get(results_url(automation)).content.decode()

    assert results_url(automation) in page
    assert "Nothing was sent yet, so there is nothing to tell." in results
    assert "Choose what you hope for" in results


def test_what_is_chosen_counts_for_what_was_sent_already(admin_client):
    ada = make.customer()
    automation = ran(ada)
    make.funnel_event(ada, "Enrolled", created_date=timezone.now())

    page = choose(admin_client, automation, what="move:sales", name="Enrolled", days=3)

    assert said(page) == ["“Enrolled” counts as a conversion."]
    assert "Moved to “Enrolled” (Sales) within 3 days" in page.content.decode()
    [row] = page.context["goals"]
    assert row["found"].sent.done == 1


def test_what_is_chosen_before_the_first_run_waits_for_it(admin_client):
    page = choose(admin_client, make.automation())

    assert "Did “visit” within 7 days" in page.content.decode()


def test_the_same_goal_again_changes_its_days(admin_client):
    automation = ran(make.customer())

    choose(admin_client, automation, days=3)
    choose(admin_client, automation, days=30)

    assert list(ConversionGoal.objects.values_list("name", "days")) == [("visit", 30)]


def test_there_are_so_many_goals_and_no_more(admin_client):
    automation = make.automation()
    for number in range(10):
        choose(admin_client, automation, name=f"visit {number}")

    again = choose(admin_client, automation, name="visit 3", days=30)
    eleventh = choose(admin_client, automation, name="visit 10")

    assert said(again) == ["“visit 3” counts as a conversion."]
    assert "There are 10 goals already" in said(eleventh)[0]
    assert ConversionGoal.objects.count() == 10


def test_a_goal_counts_no_more_once_it_is_dropped(admin_client):
    automation = ran(make.customer())
    choose(admin_client, automation)
    goal = ConversionGoal.objects.get()

    url = reverse("admin:messaging_goal_drop", args=(goal.pk,))
    page = admin_client.post(url, {"back": results_url(automation)}, follow=True)

    assert said(page) == ["“visit” counts no more."]
    assert page.context["goals"] == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "91"}, "less than or equal to 90"),
        ({"days": "many"}, "whole number"),
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "a\0b"}, "Null characters are not allowed"),
        ({"what": "move:nowhere"}, "not one of the available choices"),
        ({"series": "automation:999999"}, "not known what the goal is meant for"),
        ({"series": "automation:" + "9" * 40}, "not known what the goal is meant for"),
        ({"series": "nonsense"}, "not known what the goal is meant for"),
    ],
)
def test_a_goal_that_cannot_be_counted_is_refused_with_a_sentence(
    admin_client, changes, sentence
):
    automation = make.automation()

    page = choose(admin_client, automation, **changes)

    assert sentence in " ".join(said(page))
    assert not ConversionGoal.objects.exists()


def test_only_who_may_steer_dispatches_chooses(client):
    automation = ran(make.customer())
    viewer = make.grant(
        make.user(), "automations.view_automation", "messaging.view_dispatch"
    )
    client.force_login(viewer)

    page = client.get(results_url(automation)).content.decode()

    assert "Count it" not in page
    assert choose(client, automation).status_code == 403


def test_who_sees_automations_but_no_dispatches_sees_no_results(client):
    automation = make.automation()
    client.force_login(make.grant(make.user(), "automations.view_automation"))

    assert client.get(results_url(automation)).status_code == 403


def test_after_a_goal_nobody_is_led_to_another_site(admin_client):
    automation = ran(make.customer())
    values = {"series": f"automation:{automation.pk}", "what": "activity"}
    values |= {"name": "visit", "days": 7, "back": "https://elsewhere.example.org/"}

    response = admin_client.post(reverse("admin:messaging_goal_choose"), values)

    assert response["Location"] == reverse("admin:messaging_dispatch_changelist")


def test_the_results_are_exported(admin_client):
    automation = ran(make.customer())
    choose(admin_client, automation)

    response = admin_client.post(results_url(automation), {"format": "csv"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")

    assert (
        f"results-of-series-automation-{automation.pk}"
        in response["Content-Disposition"]
    )
    assert "conversion within 7 days,visit,sent,0,1,0.0" in text


def test_a_run_of_another_system_is_written_down_once(admin_client):
    ada, bob = make.customer(), make.customer()
    automation = make.automation(segment=make.segment(ada, bob))
    values = {"at": "2026-01-05T09:00", "held_out": make.segment(bob).pk}

    for _ in range(2):
        call_command("record_run", str(automation.pk), **values)

    run = automation.runs.get()
    states = run.dispatch.deliveries.values_list("customer", "state", "reason")
    assert set(states) == {(ada.pk, "accepted", ""), (bob.pk, "skipped", "holdout")}
    page = admin_client.get(results_url(automation))
    assert page.context["figures"].sent == 1
    delivery = run.dispatch.deliveries.get(customer=ada)
    page = admin_client.get(delivery.get_absolute_url()).content.decode()
    assert "Another system sent it." in page


def test_what_another_system_sent_is_not_sent_again():
    ada = make.customer()
    automation = make.automation(segment=make.segment(ada), policy="once")
    call_command("record_run", str(automation.pk), at="2026-01-05T09:00")

    services.run_now(automation)
    run = services.prepare_next_run()

    assert run.dispatch.deliveries.get().reason == "already_received"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"at": "2999-01-01T09:00Z"}, "cannot lie in the future"),
        ({"at": "yesterday"}, "is no time"),
        ({"at": "2026-02-31T09:00"}, "is no time"),
        ({"held_out": 999_999}, "does not exist"),
    ],
)
def test_a_run_that_cannot_have_been_is_refused(changes, sentence):
    automation = make.automation()

    with pytest.raises(CommandError, match=sentence):
        call_command(
            "record_run", str(automation.pk), **({"at": "2026-01-05T09:00"} | changes)
        )
    assert not automation.runs.exists()
