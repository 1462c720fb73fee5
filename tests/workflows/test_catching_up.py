"""What happened and was not told is found later, and nothing else is."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from automations.models import Enrolment
from automations.services.workflows import check_now, enable, save_workflow
from automations.tasks import catch_up_with_events
from automations.workflows.explaining import dry_run
from customers.models import EventOutbox, EventSubscription
from customers.services import add_tag
from funnel.services import record_move
from tests import make
from tests.workflows.make import run, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db
BOOKED = trigger("activity_performed", name="booked")


@pytest.fixture
def hard_of_hearing(db):
    """A workflow that writers of events do not know of, as for a moment after it was
    enabled."""
    made = workflow(tag("entered"), on=BOOKED, now=timezone.now() - timedelta(hours=30))
    EventSubscription.objects.all().delete()
    return made


def test_an_event_that_was_not_told_is_found(api_events, hard_of_hearing):
    who = make.customer()
    api_events(who, "booked")
    run()
    assert tags_of(who) == set()

    catch_up_with_events()
    catch_up_with_events()
    run()

    assert tags_of(who) == {"entered"}
    assert Enrolment.objects.count() == 1


def test_what_is_older_than_a_day_or_than_the_enabling_is_not(api_events):
    before, old, new = make.customers(3)
    now = timezone.now()
    lately = workflow(tag("lately"), on=BOOKED, now=now - timedelta(hours=2))
    long_ago = workflow(tag("long ago"), on=BOOKED, now=now - timedelta(days=9))
    for who, hours in ((before, 3), (old, 25), (new, 1)):
        make.activity(who, "booked", occurred_at=now - timedelta(hours=hours))

    check_now(lately)
    check_now(long_ago)
    run()

    assert [tags_of(one) for one in (before, old, new)] == [
        {"long ago"},
        set(),
        {"lately", "long ago"},
    ]


def test_an_event_that_is_still_to_be_taken_counts_once(api_events):
    who = make.customer()
    made = workflow(tag("entered"), on=BOOKED, cooldown_period_days=0)
    api_events(who, "booked")

    check_now(made)
    run()
    run()

    assert not EventOutbox.objects.exists()
    assert Enrolment.objects.count() == 1


@pytest.mark.parametrize("kind", ["activity", "tag", "funnel"])
def test_what_was_taken_is_the_same_event_when_it_is_found(api_events, kind):
    who = make.customer()
    if kind == "tag":
        made = workflow(tag("entered"), on=trigger("tag_added", tag="vip"))
        add_tag([who.pk], "vip")
    elif kind == "activity":
        made = workflow(tag("entered"), on=BOOKED)
        api_events(who, "booked")
    else:
        made = workflow(tag("entered"), on=trigger("funnel_move"))
        record_move(who, funnel_type="sales", to_stage="won", source="tests")
    run()
    taken = Enrolment.objects.get().trigger_key

    Enrolment.objects.all().delete()
    check_now(made)

    assert Enrolment.objects.get().trigger_key == taken


def test_whom_a_rule_kept_out_does_not_come_in_later(api_events):
    """The second event came within the way that the first began."""
    now = timezone.now()
    who = make.customer()
    made = workflow(
        tag("entered"), on=BOOKED, cooldown_period_days=0, now=now - timedelta(hours=4)
    )
    api_events(who, "booked", at=now - timedelta(hours=3), external_id="1")
    run(now - timedelta(hours=3))
    way = Enrolment.objects.filter(customer=who)
    way.update(ended_at=now - timedelta(hours=1))
    make.activity(who, "booked", occurred_at=now - timedelta(hours=2))

    assert dry_run(made).entering == 1  # the control: nothing else keeps it out
    assert check_now(made) == 0


def test_an_import_is_history_even_of_today(tmp_path, settings):
    who = make.customer()
    now = timezone.now()
    made = workflow(tag("entered"), on=BOOKED, now=now - timedelta(hours=2))
    file = tmp_path / "activities.csv"
    row = f"{who.lms_lead_id},booked,{(now - timedelta(hours=1)).isoformat()}"
    file.write_text(f"lms_lead_id,name,occurred_at\n{row}\n")

    call_command("import_activities", str(file))

    assert dry_run(made).entering == 1  # the control: the event is there
    assert check_now(made) == 0


def test_where_nobody_knows_what_came_by_file_nothing_is_looked_for(tmp_path, settings):
    settings.IMPORT_UNDO_DAYS = 0
    who = make.customer()
    now = timezone.now()
    made = workflow(tag("entered"), on=BOOKED, now=now - timedelta(hours=2))
    file = tmp_path / "activities.csv"
    row = f"{who.lms_lead_id},booked,{(now - timedelta(hours=1)).isoformat()}"
    file.write_text(f"lms_lead_id,name,occurred_at\n{row}\n")

    call_command("import_activities", str(file))

    assert check_now(made) == 0


def test_another_trigger_hears_of_nothing_that_came_before_it(api_events):
    who = make.customer()
    made = workflow(
        tag("entered"),
        on=trigger("activity_performed", name="looked"),
        now=timezone.now() - timedelta(hours=4),
    )
    api_events(who, "booked")

    made.trigger = BOOKED
    save_workflow(made)
    check_now(made)
    assert not Enrolment.objects.exists()

    api_events(who, "booked", external_id="again")
    run()
    assert Enrolment.objects.count() == 1


def test_enabling_again_forgets_what_came_in_between(api_events):
    who = make.customer()
    made = workflow(tag("entered"), on=BOOKED, enabled=False)
    api_events(who, "booked")

    assert check_now(enable(made)) == 0
