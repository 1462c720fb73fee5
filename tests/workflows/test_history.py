"""A file brings what was long ago: it starts nothing unless somebody wants that."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from automations.models import Enrolment
from automations.services.workflows import check_now
from automations.tasks import catch_up_with_events
from customers.models import EventOutbox
from tests import make
from tests.workflows.make import run, tag, trigger, workflow

pytestmark = pytest.mark.django_db
MONTHS = 18


@pytest.fixture
def history(tmp_path):
    """Load what two members did in eighteen months, to this very day."""
    make.customer(lms_lead_id="A")
    make.customer(lms_lead_id="B")
    now = datetime.now(UTC)
    days = [now - timedelta(days=30 * month, minutes=5) for month in range(MONTHS)]

    def rows(form):
        moments = [
            (who, at.strftime("%Y-%m-%dT%H:%M:%SZ")) for who in "AB" for at in days
        ]
        return "".join(form.format(who=who, at=at) for who, at in moments)

    files = {
        "activities": "lms_lead_id,name,occurred_at\n"
        + rows("{who},class_attended,{at}\n"),
        "funnel_events": "lms_lead_id,funnel_type,from_stage,to_stage,created_date\n"
        + rows("{who},sales,lead,won,{at}\n"),
    }

    def load(*options):
        for target, content in files.items():
            path = tmp_path / f"{target}.csv"
            path.write_text(content)
            call_command(f"import_{target}", str(path), *options)

    return load


@pytest.fixture
def workflows(db):
    """One for each trigger that the history would set off, on for a week already."""
    for name in ("join_date", "birth_date", "membership_expiry_date"):
        make.attribute(name, "date")
    long_ago = timezone.now() - timedelta(days=7)
    return [
        workflow(tag("entered"), on=on, now=long_ago)
        for on in (
            trigger("activity_performed", name="class_attended"),
            trigger("funnel_move", to_stage="won"),
            trigger("milestone_achieved", type="classes_attended", value=10),
            trigger("low_engagement"),
            trigger("high_retention_risk"),
            trigger("new_member_welcome"),
            trigger("birthday"),
            trigger("membership_expiry_upcoming"),
        )
    ]


def look():
    """Let every clockwork run, for two days."""
    now = timezone.now()
    for hours in range(0, 49, 12):
        run(now + timedelta(hours=hours))
    catch_up_with_events()


def test_eighteen_months_of_history_enrol_nobody(history, workflows):
    history()
    for one in workflows:
        check_now(one)
    look()

    assert not EventOutbox.objects.exists()
    assert not Enrolment.objects.exists()


def test_the_same_history_enrols_when_somebody_wants_it(history, workflows):
    """The control, and the way to it."""
    history("--may-start-workflows")
    look()

    entered = set(Enrolment.objects.values_list("workflow", flat=True))
    assert entered == {one.pk for one in workflows[:2]}
    assert Enrolment.objects.count() == 4  # each member once, by the cooldown


def test_the_same_events_by_the_api_do(workflows, api_events):
    """The other control: they are heard, and too old ones are not."""
    who = make.customer()
    now = timezone.now()
    api_events(who, "class_attended", at=now - timedelta(days=30))
    run()
    by_activity = Enrolment.objects.filter(customer=who, workflow=workflows[0])
    assert not by_activity.exists()

    api_events(who, "class_attended", at=now - timedelta(hours=1))
    run()
    assert by_activity.count() == 1
