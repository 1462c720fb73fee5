from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from automations import services
from automations.models import Automation, AutomationRun
from messaging.models import Delivery
from tests import make

pytestmark = pytest.mark.django_db

LIST = reverse("admin:automations_automation_changelist")
ADD = reverse("admin:automations_automation_add")


def url(name, automation):
    return reverse(f"admin:automations_automation_{name}", args=(automation.pk,))


def fields(**changes):
    """What the browser sends for a new automation, with some of it changed."""
    values = {
        "name": "Morning news",
        "schedule": "cron",
        "cron": "0 9 * * 1-5",
        "run_at": "",
        "timezone": "Europe/Berlin",
        "policy": "once",
        "again_after_days": "",
        "holdout_percent": "0",
        "misfire": "latest",
        "grace_minutes": "60",
    } | changes
    if "segment" not in values:
        values["segment"] = make.segment().pk
    if "template" not in values:
        values["template"] = make.template().pk
    return values


def staff_with(client, *codenames):
    user = make.user()
    permissions = Permission.objects.filter(codename__in=codenames)
    user.user_permissions.set(permissions)
    client.force_login(user)
    return client


def text(response):
    return response.content.decode()


def test_the_empty_list_leads_on(admin):
    page = text(admin.get(LIST))

    assert "There are no automations yet." in page
    assert ADD in page


def test_the_list_shows_when_each_runs_next_and_how_the_last_run_went(admin):
    daily = services.activate(
        make.automation(name="Daily", cron="0 9 * * *", timezone="Asia/Kolkata")
    )
    AutomationRun.objects.create(
        automation=daily, scheduled_for=timezone.now(), state="failed"
    )

    page = text(admin.get(LIST))

    assert "At 09:00, every day." in page
    assert "09:00 IST" in page
    assert "Failed" in page


def test_the_list_is_searched_by_name_segment_and_template(admin):
    make.automation(name="First", segment=make.segment(name="Leads of May"))
    make.automation(name="Second", template=make.template(name="Open day"))

    for word, found, left_out in [
        ("first", "First", "Second"),
        ("leads of", "First", "Second"),
        ("open day", "Second", "First"),
    ]:
        page = text(admin.get(LIST, {"q": word}))
        assert f">{found}<" in page
        assert f">{left_out}<" not in page


def test_the_list_takes_the_same_queries_for_one_row_and_for_many(
    admin, django_assert_max_num_queries
):
    for _ in range(12):
        services.run_now(make.automation())
    admin.get(LIST)

    with django_assert_max_num_queries(16):
        admin.get(LIST)


def test_a_new_automation_is_saved_and_shown(admin):
    admin.post(ADD, fields(is_active="on"))
    automation = Automation.objects.get()
    response = admin.post(url("switch", automation), {"to": "on"}, follow=True)

    automation.refresh_from_db()
    assert automation.is_active
    assert automation.periodic_task.crontab.day_of_week == "1-5"
    assert response.redirect_chain[-1][0] == url("view", automation)
    assert "At 09:00, Monday to Friday." in text(response)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cron": "0 9 * * 7"}, "Sunday is 0 here, not 7."),
        ({"cron": ""}, "Write a cron expression"),
        ({"cron": "0 9 30 2 *"}, "This never happens"),
        ({"cron": "1," * 150}, "at most 200 characters"),
        ({"schedule": "once"}, "Choose the date and time."),
        ({"schedule": "once", "run_at": "2020-01-01T09:00"}, "This time is over."),
        ({"schedule": "once", "run_at": "0001-01-01T00:00"}, "calendars still have"),
        ({"schedule": "once", "run_at": "soon"}, "Enter a valid date"),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice"),
        ({"policy": "again_after"}, "Say after how many days"),
        ({"policy": "again_after", "again_after_days": "0"}, "Say after how many"),
        ({"holdout_percent": "51"}, "less than or equal to 50"),
        ({"name": "nul \0"}, "Null characters are not allowed."),
        ({"name": ""}, "This field is required."),
        ({"segment": "12345"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_nothing_is_saved(
    admin, changes, sentence
):
    response = admin.post(ADD, fields(**changes))

    assert response.status_code == 200
    assert sentence in text(response)
    assert Automation.objects.count() == 0


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("whatsapp", "WhatsApp sending is not available yet."),
        ("sms", "SMS sending is not available yet."),
    ],
)
def test_a_template_without_sending_is_refused_only_when_active(
    admin, channel, sentence
):
    template = make.template(type=channel)

    refused = admin.post(ADD, fields(template=template.pk, is_active="on"))
    assert sentence in text(refused)

    admin.post(ADD, fields(template=template.pk))
    assert not Automation.objects.get().is_active


def test_a_one_off_is_given_in_its_own_zone(admin):
    admin.post(
        ADD,
        fields(schedule="once", run_at="2099-07-01T09:00", timezone="Asia/Kolkata"),
    )

    automation = Automation.objects.get()
    assert automation.run_at == datetime(2099, 7, 1, 3, 30, tzinfo=UTC)
    assert 'value="2099-07-01T09:00"' in text(admin.get(url("change", automation)))


def test_an_edit_counts_from_now_and_shows_in_the_history(admin):
    automation = services.activate(make.automation(cron="0 9 * * *"))

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        admin.post(
            url("change", automation),
            fields(
                name=automation.name,
                segment=automation.segment_id,
                template=automation.template_id,
                cron="0 7 * * *",
                is_active="on",
            ),
        )

    before = automation.schedule_since
    automation.refresh_from_db()
    assert automation.schedule_since > before
    assert automation.periodic_task.crontab.hour == "7"
    assert "0 7 * * *" in text(admin.get(url("history", automation)))


def test_switching_on_and_off_from_its_page_and_from_the_list(admin):
    automation = make.automation()

    page = text(admin.post(url("switch", automation), {"to": "on"}, follow=True))
    assert "is on. Its next run:" in page

    services.run_now(automation)
    chosen = {"action": "deactivate_selected", "_selected_action": [automation.pk]}
    page = text(admin.post(LIST, chosen, follow=True))
    assert "is off. 1 run is under way and goes on; cancel it on its page." in page
    automation.refresh_from_db()
    assert not automation.is_active


def test_switching_on_what_cannot_be_sent_is_answered_with_a_sentence(admin):
    automation = make.automation(
        name="Reminder", template=make.template(type="whatsapp")
    )

    page = text(admin.post(url("switch", automation), {"to": "on"}, follow=True))

    assert "Reminder: WhatsApp sending is not available yet." in page


def test_a_run_by_hand_is_asked_about_first(admin):
    segment = make.segment(make.customer(), make.customer(), make.customer(email=""))
    automation = make.automation(segment=segment)

    page = text(admin.get(url("run", automation)))

    assert "This sends to 3 customers:" in page
    assert "2 will receive it," in page
    assert "1 will not." in page
    assert "The customer has no e-mail address." in page
    assert AutomationRun.objects.count() == 0


def test_pressing_send_twice_starts_one_run(admin):
    automation = make.automation(segment=make.segment(make.customer()))
    slot = admin.get(url("run", automation)).context["slot"]

    first = admin.post(url("run", automation), {"slot": slot})
    second = admin.post(url("run", automation), {"slot": slot})

    run = AutomationRun.objects.get()
    assert first.url == second.url == run.get_absolute_url()
    assert (run.trigger, run.started_by.is_superuser) == ("manual", True)


def test_a_forged_slot_is_asked_about_again(admin):
    automation = make.automation(segment=make.segment(make.customer()))

    page = text(admin.post(url("run", automation), {"slot": "2026-11-20T09:00"}))

    assert "Send to 1 customer" in page
    assert AutomationRun.objects.count() == 0


def test_now_leads_to_the_question_instead_of_sending(admin):
    segment = make.segment(make.customer())

    response = admin.post(
        ADD, fields(schedule="now", segment=segment.pk, is_active="on")
    )

    automation = Automation.objects.get()
    assert response.url == url("run", automation)
    assert not automation.is_active
    assert Delivery.objects.count() == 0


def test_an_automation_with_runs_cannot_be_deleted(admin):
    automation = make.automation()
    services.run_now(automation)

    assert admin.post(url("delete", automation), {"post": "yes"}).status_code == 403
    assert Automation.objects.count() == 1


def test_an_automation_without_runs_can_be_deleted(admin):
    automation = services.activate(make.automation())

    admin.post(url("delete", automation), {"post": "yes"})

    assert Automation.objects.count() == 0


def test_whoever_may_only_look_changes_nothing(client):
    staff_with(client, "view_automation", "view_automationrun")
    automation = make.automation(segment=make.segment(make.customer()))

    assert client.get(LIST).status_code == 200
    page = text(client.get(url("view", automation)))
    assert "Switch on" not in page
    assert "Run by hand" not in page
    for name in ("switch", "run"):
        assert client.post(url(name, automation), {"to": "on"}).status_code == 403
    assert client.post(url("change", automation), fields()).status_code == 403
    assert client.post(ADD, fields()).status_code == 403
    automation.refresh_from_db()
    assert not automation.is_active


def test_whoever_may_not_look_sees_nothing(client):
    staff_with(client)
    automation = make.automation()

    for address in (LIST, url("view", automation), url("run", automation)):
        assert client.get(address).status_code == 403


def test_an_automation_that_is_gone_is_not_found(admin):
    gone = Automation(pk=12345)

    assert admin.get(url("view", gone)).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\0"},
        {"segment": "99999999999999999999999"},
        {"template": "x"},
        {"active": "maybe"},
        {"schedule": "\0"},
        {"o": "99.-7"},
        {"p": "-5"},
    ],
)
def test_a_hostile_search_is_answered(admin, query):
    make.automation()

    assert admin.get(LIST, query).status_code == 200


@pytest.mark.parametrize("name", ["view", "run", "change", "switch", "history"])
def test_an_id_that_no_database_has_is_not_found(admin, name):
    response = admin.get(url(name, Automation(pk=10**30)))

    assert response.status_code in (302, 404)


def test_a_one_off_whose_time_has_come_is_over(admin):
    later = timezone.now() + timedelta(hours=1)
    automation = services.activate(make.automation(schedule="once", run_at=later))
    services.tick(later)

    assert ">Over<" in text(admin.get(LIST))
    assert ">Over<" in text(admin.get(url("view", automation)))
