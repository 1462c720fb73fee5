import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from automations.models import AutomationLog, Enrolment, StaffTask, Workflow
from automations.workflows.explaining import dry_run
from customers.models import (
    AttributeDefinition,
    CreditEntry,
    Customer,
    EventOutbox,
    MemberTag,
)
from customers.services import set_attribute
from funnel.models import Activity, FunnelEvent
from imports.models import ImportJob
from messaging.models import Delivery, MessageTemplate, Notification
from messaging.services import save_template
from segments.models import CustomerScore, Segment
from segments.services import audience
from tests.workflows import make as workflows

COUNTED = (
    User,
    AttributeDefinition,
    Customer,
    FunnelEvent,
    Activity,
    MemberTag,
    CreditEntry,
    CustomerScore,
    ImportJob,
    MessageTemplate,
    Segment,
    Workflow,
)
MADE_BY_WORK = (
    Delivery,
    Notification,
    Enrolment,
    AutomationLog,
    StaffTask,
    EventOutbox,
)
pytestmark = pytest.mark.django_db(transaction=True)


def counts(models=COUNTED):
    return {model.__name__: model.objects.count() for model in models}


def load(*arguments):
    call_command("load_pack", "training_club", *arguments)


def test_the_pack_loads_once_and_a_second_time_adds_nothing():
    load()
    first = counts()

    load()

    assert counts() == first
    assert (first["Customer"], first["Workflow"]) == (2500, 9)
    assert first["Activity"] > 60_000
    assert not ImportJob.objects.filter(rejected_count__gt=0).exists()
    assert not any(counts(MADE_BY_WORK).values())
    assert not Workflow.objects.filter(is_enabled=True).exists()
    assert_trainers_cannot_log_in()
    assert_segments_find_somebody()
    assert_workflows_would_let_somebody_in()


def test_what_staff_changed_stays_and_what_they_deleted_comes_again():
    load("--without-people")
    template = MessageTemplate.objects.get(name="Club: birthday")
    template.name, template.subject = "Our birthday mail", "All the best"
    save_template(template)
    workflow = Workflow.objects.get(name="Club: birthday")
    workflow.steps = [workflows.step("add_tag", tag="had a birthday")]
    workflows.save_workflow(workflow)
    joined = AttributeDefinition.objects.get(name="join_date")
    set_attribute(joined, label="Member since")
    Workflow.objects.get(name="Club: win back").delete()

    load("--without-people")

    template.refresh_from_db()
    workflow.refresh_from_db()
    joined.refresh_from_db()
    assert (template.subject, joined.label) == ("All the best", "Member since")
    assert workflow.steps[0]["type"] == "add_tag"
    assert counts((MessageTemplate, Workflow)) == {"MessageTemplate": 15, "Workflow": 9}


def test_without_its_people_there_is_only_what_staff_made():
    load("--without-people")

    assert not any(counts((Customer, User, Activity, ImportJob)).values())
    assert counts((Segment, Workflow)) == {"Segment": 8, "Workflow": 9}


def assert_trainers_cannot_log_in():
    trainers = User.objects.filter(username__startswith="trainer-")
    assert trainers.count() == 6
    assert not any(one.has_usable_password() for one in trainers)
    named = Customer.objects.values_list("attributes__primary_trainer", flat=True)
    assert set(named.exclude(attributes__primary_trainer=None)) == {
        one.username for one in trainers
    }


def assert_segments_find_somebody():
    for segment in Segment.objects.all():
        assert audience(segment).exists(), segment


def assert_workflows_would_let_somebody_in():
    for name in ("win back", "risk rescue", "expiry reminder, 14 days before"):
        run = dry_run(Workflow.objects.get(name=f"Club: {name}"))
        assert 0 < run.entering < 600, name
