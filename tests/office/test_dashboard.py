import html
import re
import socket
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from automations.models import AutomationRun
from marketing_os.lib.models import Dismissal
from marketing_os.roles import make_roles
from messaging.models import Delivery, Dispatch, ProviderLimit
from messaging.services import hold_sending
from tests import make
from tests.workflows import make as workflows


@pytest.fixture
def home(admin_client):
    def get(query=""):
        response = admin_client.get(f"/admin/{query}")
        assert response.status_code == 200
        return response.content.decode()

    return get


def delivery(state, **overrides):
    template = make.template()
    dispatch = Dispatch.objects.create(
        template=template, source_key=f"test:{make.next_number()}", name="A dispatch"
    )
    values = {
        "dispatch": dispatch,
        "customer": make.customer(),
        "channel": "email",
        "lane": Dispatch.Lane.BULK,
        "state": state,
    } | overrides
    return Delivery.objects.create(**values)


def moves(who, *stages, funnel_type="sales"):
    for before, after in zip(("", *stages), stages, strict=False):
        make.funnel_event(who, after, from_stage=before, funnel_type=funnel_type)


def test_an_empty_system_says_what_to_do_next(home):
    page = home()

    assert "From your customers to the first mail" in page
    assert "0 of 5 steps are done." in page
    assert "Nobody has moved in a funnel" in page
    assert "No mail was due in the last 14 days." in page


def test_steps_are_ticked_by_what_there_is(home):
    make.customer()
    make.segment()

    assert "2 of 5 steps are done." in home()


def test_the_checklist_is_gone_when_all_is_done(home):
    make.automation(is_active=True)
    delivery("accepted")

    assert "From your customers to the first mail" not in home()


def test_workflows_that_wait_are_pointed_at(home):
    workflows.workflow(workflows.tag("a"), enabled=False)
    page = home()

    assert "Enable a workflow" in page
    assert "1 workflow waits to be enabled." in page
    assert "/admin/automations/workflow/" in page


def test_an_enabled_workflow_is_a_step_that_is_done(home):
    workflows.workflow(workflows.tag("a"))
    page = home()

    assert "1 of 5 steps are done." in page
    assert "1 workflow is enabled." in page


def test_a_person_hides_the_checklist_for_good(admin_client, home):
    admin_client.post("/admin/checklist/hide/")
    admin_client.post("/admin/checklist/hide/")

    assert "From your customers to the first mail" not in home()
    assert Dismissal.objects.count() == 1


def test_customers_are_counted_with_those_who_are_new(home):
    now = timezone.now()
    for days in (1, 20, 90):
        make.customer(created_date=now - timedelta(days=days))

    page = home()

    assert "<strong>3</strong>" in page
    assert "<strong>1</strong>" in page
    assert "<strong>2</strong>" in page


def test_the_funnel_shows_stages_in_order_with_rates(home):
    for number in range(4):
        stages = ("enquiry", "contacted", "enrolled")[: max(1, number)]
        moves(make.customer(), *stages)
    moves(make.customer(), "enquiry", "lost")

    page = home()

    assert page.index("Enquiry") < page.index("Contacted") < page.index("Enrolled")
    assert "40 % went on" in page
    assert "Lost: 1" in page


def test_conversions_follow_on_each_other_though_they_come_from_no_stage(home):
    both = ("signup", "first_session")
    for names in (both, ("signup",), both):
        who = make.customer()
        for name in names:
            make.funnel_event(who, name, from_stage="", funnel_type="conversion")

    page = home()

    assert page.index("Signup") < page.index("First session")
    assert "67 % went on" in page


def test_mails_of_today_are_drawn_by_what_became_of_them(home):
    for state in ("accepted", "delivered", "pending", "skipped", "unknown"):
        delivery(state)

    page = home()

    assert "Sent <strong>2</strong>" in page
    assert "Waiting <strong>1</strong>" in page
    assert "Failed <strong>1</strong>" in page
    assert "Skipped <strong>1</strong>" in page


def test_mails_older_than_two_weeks_come_with_thirty_days(home):
    delivery("accepted", created_at=timezone.now() - timedelta(days=20))

    assert "No mail was due" in home()
    assert "Sent <strong>1</strong>" in home("?days=30")


def test_failures_lead_to_their_lists(admin_client, home):
    delivery("rejected")
    run = make.automation().runs.create(scheduled_for=timezone.now())
    AutomationRun.objects.filter(pk=run.pk).update(state="failed")

    page = home()

    assert "Rejected mails" in page
    assert "Failed runs" in page
    lists = re.findall(r'href="(/admin/[^"]+from_day[^"]+)"', page)
    assert len(lists) == 2
    for address in lists:
        answer = admin_client.get(html.unescape(address))
        assert len(answer.context["cl"].result_list) == 1


def test_the_next_run_is_told_in_its_own_zone(home):
    make.automation(
        name="Morning mail",
        is_active=True,
        cron="0 9 * * *",
        timezone="Asia/Tokyo",
        schedule_since=timezone.now(),
    )

    page = home()

    assert "Morning mail" in page
    assert "09:00" in page
    assert "Asia/Tokyo" in page


def test_a_broker_that_is_gone_is_said_with_what_to_do(home, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    page = home()

    assert "The broker does not answer" in page
    assert "BROKER_URL" in page


def test_held_sending_is_said(home, settings):
    settings.HOLD = True

    assert "The setting HOLD=1 keeps every message back." in home()


def test_sending_that_somebody_holds_is_said_with_the_way_to_release_it(home):
    hold_sending()

    page = home()

    assert "Somebody holds all messages back" in page
    assert "/admin/sending/" in page
    assert "Sending is held" in page


def test_a_mail_server_that_cannot_be_reached_is_said(home):
    ProviderLimit.objects.create(
        provider="smtp", failing_since=timezone.now(), last_error="Connection refused."
    )

    assert "Connection refused." in home()


def test_somebody_without_rights_sees_no_figures(client):
    make.customer(first_name="Secret")
    client.force_login(make.user())

    page = client.get("/admin/").content.decode()

    assert "Mails by day" not in page
    assert "in the last 7 days" in page
    assert "Customers" not in page


def test_a_viewer_is_not_asked_to_import(client):
    make_roles()
    viewer = make.user()
    viewer.groups.add(Group.objects.get(name="Viewer"))
    client.force_login(viewer)

    page = client.get("/admin/").content.decode()

    assert "From your customers to the first mail" not in page
    assert "Mails by day" in page


def test_the_home_page_asks_few_questions(admin_client, django_assert_max_num_queries):
    for _ in range(5):
        moves(make.customer(), "enquiry", "contacted")
        delivery("accepted")
    admin_client.get("/admin/")

    with django_assert_max_num_queries(45):
        admin_client.get("/admin/")


def test_a_broker_that_hangs_holds_the_home_page_up_for_a_second_at_most(
    home, settings
):
    home()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        page = home()
        took = time.monotonic() - began

    assert "The broker does not answer" in page
    assert took < 3, took
