"""A scheduled run far above the usual waits for a person."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from automations import services
from automations.models import AutomationRun
from messaging.services.sweeping import sweep_leases
from segments.models import SegmentMember
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def url(name, run):
    return reverse(f"admin:automations_automationrun_{name}", args=(run.pk,))


def automation_of(count, **overrides):
    people = make.customers(count)
    return make.automation(segment=make.segment(*people), **overrides)


def add_people(automation, count):
    SegmentMember.objects.bulk_create(
        SegmentMember(segment=automation.segment, customer=customer)
        for customer in make.customers(count)
    )


def run(automation, trigger="schedule"):
    """Prepare and send a run whose slot is now."""
    made = AutomationRun.objects.create(
        automation=automation, scheduled_for=timezone.now(), trigger=trigger
    )
    services.prepare_run(made)
    ledger.send()
    services.follow_dispatches()
    made.refresh_from_db()
    return made


def grown_run():
    """A run of 41 customers after three of 12."""
    automation = automation_of(12)
    for _number in range(3):
        assert run(automation).state == "done"
    add_people(automation, 29)
    return run(automation)


def test_a_run_far_above_the_usual_is_held_and_staff_are_told(admin, smtp_sink):
    held = grown_run()

    assert held.state == "held"
    assert held.dispatch.state == "held"
    assert len(smtp_sink.mails) == 36
    home = text(admin.get(reverse("admin:index")))
    assert "is held" in home
    assert "It would go to 41 customers; usual are 12" in home
    assert "1 run is held" in home
    runs = text(
        admin.get(
            reverse("admin:automations_automationrun_changelist"), {"state": "held"}
        )
    )
    assert held.get_absolute_url() in runs
    assert "Release" in text(admin.get(held.get_absolute_url()))
    assert "released or discarded" in text(admin.get(held.dispatch.get_absolute_url()))


@pytest.mark.parametrize(
    ("name", "value"), [("RUN_HOLD_FACTOR", 0), ("RUN_HOLD_FEWEST", 42)]
)
def test_nothing_is_held_where_the_settings_let_it_go(settings, smtp_sink, name, value):
    setattr(settings, name, value)

    assert grown_run().state == "done"
    assert len(smtp_sink.mails) == 36 + 41


def test_up_to_the_factor_a_run_is_as_usual(smtp_sink):
    automation = automation_of(12)
    run(automation)
    add_people(automation, 24)

    assert run(automation).state == "done"


def test_one_odd_run_does_not_change_what_is_usual(smtp_sink):
    automation = automation_of(12)
    for _number in range(3):
        run(automation)
    add_people(automation, 24)
    assert run(automation).state == "done"
    add_people(automation, 4)

    assert run(automation).state == "held"


def test_few_new_ones_are_usual_for_an_automation_that_sends_only_once(smtp_sink):
    automation = automation_of(100, policy="once")
    run(automation)
    for _number in range(3):
        add_people(automation, 5)
        assert run(automation).state == "done"
    add_people(automation, 60)

    held = run(automation)

    assert held.state == "held"
    assert "It would go to 60 customers; usual are 5" in held.dispatch.stopped_because


def test_what_a_person_starts_and_a_first_run_are_not_held(smtp_sink):
    automation = automation_of(100)
    assert run(automation).state == "done"
    add_people(automation, 400)

    assert run(automation, trigger="manual").state == "done"


def test_a_held_run_is_sent_by_nothing_that_restarts(smtp_sink):
    held = grown_run()
    sent = len(smtp_sink.mails)

    services.tick(timezone.now() + timedelta(hours=1))
    sweep_leases()
    assert services.prepare_next_run(timezone.now() + timedelta(hours=1)) is None
    ledger.send()
    services.follow_dispatches()

    held.refresh_from_db()
    assert held.state == "held"
    assert len(smtp_sink.mails) == sent


def test_a_held_run_is_released_with_a_look_at_whom_it_reaches(admin, smtp_sink):
    held = grown_run()

    page = text(admin.get(url("release", held)))
    assert "This sends to 41 customers:" in page
    assert "had 12 customers. 29 have come since, 0 have gone." in page
    assert "Release it to 41 customers" in page
    answer = admin.post(url("steer", held), {"verb": "release"}, follow=True)
    assert "released and goes out" in text(answer)
    ledger.send()
    services.follow_dispatches()

    held.refresh_from_db()
    assert (held.state, held.dispatch.stopped_because) == ("done", "")
    assert len(smtp_sink.mails) == 36 + 41


def test_a_held_run_is_discarded_after_a_question(admin, smtp_sink):
    held = grown_run()

    question = text(admin.get(url("cancel", held)))
    assert "Yes, discard the run" in question
    assert "Nothing of this run was sent yet" in question
    admin.post(url("steer", held), {"verb": "cancel"})
    ledger.send()

    held.refresh_from_db()
    assert held.state == "cancelled"
    assert set(held.dispatch.deliveries.values_list("state", flat=True)) == {
        "cancelled"
    }
    assert len(smtp_sink.mails) == 36
    late = admin.post(url("steer", held), {"verb": "release"}, follow=True)
    assert "is cancelled" in text(late)


def test_who_may_not_run_automations_may_not_release(client, smtp_sink):
    held = grown_run()
    watcher = make.grant(make.user(), "automations.view_automationrun")
    client.force_login(watcher)

    assert client.get(url("release", held)).status_code == 403
    assert client.post(url("steer", held), {"verb": "release"}).status_code == 403
    held.refresh_from_db()
    assert held.state == "held"
