"""Who would enter and why, checks on demand, and enabling, on the pages of staff."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from automations.models import Enrolment, Workflow, WorkflowLook
from automations.tasks import look_at_triggers
from customers.services import add_tag
from customers.services.consents import record_consent
from messaging.models import FrequencyCap
from tests import make
from tests.messaging import ledger
from tests.workflows.make import run, step, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db
QUIET = {"min_activity_level": "high"}


def url(name, made):
    return reverse(f"admin:automations_workflow_{name}", args=(made.pk,))


def text(response):
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


def quiet_member(**values):
    who = make.customer(**values)
    make.activity(who, occurred_at=timezone.now() - timedelta(days=40))
    return who


def low_engagement(**fields):
    on = trigger("low_engagement", **QUIET)
    return workflow(tag("entered"), on=on, **fields)


def test_a_dry_run_counts_who_would_enter_and_why_others_would_not(admin):
    ada, bob = quiet_member(first_name="Ada"), quiet_member(first_name="Bob")
    make.activity(make.customer())
    made = low_engagement(enabled=False)
    Enrolment.objects.create(
        workflow=made, version=made.current_version, customer=bob, trigger_key="x"
    )

    page = text(admin.get(url("dry_run", made)))

    assert "The trigger means 2 customers." in page
    assert "1 of them would enter." in page
    assert "Is on the way already." in page
    assert str(ada) in page
    assert str(bob) not in page
    assert "entered" not in tags_of(ada)


def test_a_dry_run_of_events_looks_back_a_day_or_a_week(admin, api_events):
    ada, bob = make.customer(), make.customer()
    make.activity(ada, "booked", occurred_at=timezone.now() - timedelta(hours=1))
    make.activity(bob, "booked", occurred_at=timezone.now() - timedelta(days=3))
    made = workflow(tag("x"), on=trigger("activity_performed", name="booked"))

    assert "The trigger means 1 customer." in text(admin.get(url("dry_run", made)))
    week = text(admin.get(url("dry_run", made), {"days": "7"}))
    assert "The trigger means 2 customers." in week


def test_a_workflow_by_api_says_that_nobody_waits(admin):
    made = workflow(tag("x"), on=trigger("api_call"))

    assert "Only another system starts" in text(admin.get(url("dry_run", made)))
    admin.post(url("check_now", made))
    assert not WorkflowLook.objects.exists()


def test_a_count_that_takes_long_is_a_workers_and_the_page_waits(admin):
    made = low_engagement()
    quiet_member()
    WorkflowLook.objects.create(
        workflow=made, requested_at=timezone.now(), claimed_at=timezone.now()
    )

    page = text(admin.get(url("dry_run", made)))
    assert "Counting who would enter…" in page
    look = WorkflowLook.objects.get()
    part = text(admin.get(url("look", made), {"look": look.pk}))
    assert re.search(r"\d seconds? so far", part)

    WorkflowLook.objects.update(claimed_at=None)
    look_at_triggers()
    part = text(admin.get(url("look", made), {"look": look.pk}))
    assert 'data-state="ready"' in part


def test_check_now_asks_with_the_number_and_lets_them_in_once(admin):
    ada = quiet_member()
    made = low_engagement()
    assert "Let 1 customer in now" in text(admin.get(url("check_now", made)))
    assert "entered" not in tags_of(ada)

    for _time in range(2):
        page = text(admin.post(url("check_now", made), follow=True))
    assert "Letting in whom the trigger means…" in page
    assert WorkflowLook.objects.filter(lets_in=True).count() == 1

    look_at_triggers()
    run()
    assert "entered" in tags_of(ada)
    assert "1 customer entered." in text(admin.get(url("check_now", made)))


def test_a_workflow_that_is_off_is_not_checked(admin):
    made = low_engagement(enabled=False)

    page = text(admin.post(url("check_now", made), follow=True))

    assert "is not enabled" in page
    assert not WorkflowLook.objects.exists()


def test_why_tells_each_condition_with_what_was_seen(admin):
    ada = quiet_member()
    made = low_engagement()

    page = text(admin.get(url("why", made), {"customer": ada.email}))

    assert "Would enter now." in page
    assert "The workflow is enabled." in page

    make.activity(ada)
    page = text(admin.get(url("why", made), {"id": ada.pk}))
    assert "Would not enter now." in page


def test_why_tells_of_the_cooldown_and_the_last_entry(admin):
    ada = quiet_member()
    made = low_engagement()
    run(timezone.now() + timedelta(days=1))

    page = text(admin.get(url("why", made), {"id": ada.pk}))

    assert "cooldown" in page
    assert Enrolment.objects.get().get_absolute_url() in page


def test_why_lists_the_events_that_came(admin, api_events):
    ada = make.customer()
    made = workflow(tag("x"), on=trigger("activity_performed", name="booked"))
    assert "Nothing of the kind" in text(admin.get(url("why", made), {"id": ada.pk}))

    api_events(ada, "booked")

    assert "Would enter now." in text(admin.get(url("why", made), {"id": ada.pk}))


@pytest.mark.parametrize(
    ("purpose", "verdict"),
    [("marketing", "Would be left out"), ("transactional", "Would go out")],
)
def test_why_tells_what_holds_its_mails_back(admin, purpose, verdict):
    ada = make.customer()
    record_consent(ada, channel="email", granted=False, source="telephone")
    template = make.template(purpose=purpose)
    made = workflow(step("send_email", template_id=template.pk))

    page = text(admin.get(url("why", made), {"id": ada.pk}))

    assert verdict in page
    assert ("does not want marketing" in page) is (purpose == "marketing")


def test_why_tells_of_a_frequency_cap(admin):
    ada = make.customer()
    template = make.template()
    made = workflow(step("send_email", template_id=template.pk))
    assert "Would go out" in text(admin.get(url("why", made), {"id": ada.pk}))

    FrequencyCap.objects.create(most=1, length=7, unit="days", over="wait")
    now = timezone.now()
    sent = ledger.dispatch(ada).deliveries
    sent.update(state="accepted", first_sending_at=now, accepted_at=now)

    page = text(admin.get(url("why", made), {"id": ada.pk}))
    assert "Would wait" in page
    assert "as many messages lately as a frequency cap allows" in page


@pytest.mark.parametrize(
    "query",
    [
        {"customer": "nobody@example.org"},
        {"customer": "\0"},
        {"id": "99999999999999999999"},
        {"id": "x"},
        {"customer": "x" * 5000},
    ],
)
def test_a_customer_who_is_not_found_is_told_in_a_sentence(admin, query):
    assert admin.get(url("why", low_engagement()), query).status_code == 200


def test_the_customers_page_tells_of_workflows_and_leads_to_why(admin):
    ada = quiet_member()
    wait = step("wait", until="duration", amount=3, unit="days")
    made = workflow(wait, on=trigger("low_engagement", **QUIET))
    page = text(admin.get(ada.get_absolute_url()))
    assert "In no workflow so far." in page

    run(timezone.now() + timedelta(days=1))
    page = text(admin.get(ada.get_absolute_url()))
    assert "Wait 3 days" in page

    asked = reverse("admin:automations_workflow_of_customer")
    response = admin.get(asked, {"id": ada.pk, "workflow": made.pk})
    assert response.url == f"{url('why', made)}?id={ada.pk}"
    assert admin.get(asked, {"id": ada.pk, "workflow": "x"}).status_code == 404


def test_these_pages_need_their_permissions(client):
    made = low_engagement(enabled=False)
    names = ("dry_run", "check_now", "why", "enable")
    client.force_login(make.user())
    for name in names:
        assert client.get(url(name, made)).status_code == 403

    client.force_login(make.grant(make.user(), "automations.view_workflow"))
    answers = {name: client.get(url(name, made)).status_code for name in names}
    assert answers == {"dry_run": 200, "check_now": 403, "why": 403, "enable": 403}
    assert client.post(url("enable", made)).status_code == 403
    assert not Workflow.objects.get().is_enabled


def test_the_first_names_are_for_those_who_may_see_customers(client):
    ada = quiet_member(last_name="Quietly")
    made = low_engagement()
    client.force_login(make.grant(make.user(), "automations.view_workflow"))

    assert str(ada) not in text(client.get(url("dry_run", made)))


def test_an_unknown_workflow_is_not_found(admin):
    for name in ("dry_run", "check_now", "why", "enable", "look"):
        there_is_none = reverse(f"admin:automations_workflow_{name}", args=(2**62,))
        assert admin.get(there_is_none).status_code == 404


def test_tags_start_it_the_same_way_as_ever(admin):
    ada = make.customer()
    made = workflow(tag("entered"), enabled=False)
    admin.post(url("enable", made))

    add_tag([ada.pk], "enter")
    run()

    assert "entered" in tags_of(ada)
