import pytest
from django.core.management import call_command
from django.db import connection

from automations.models import Enrolment, Workflow
from automations.workflows.explaining import dry_run
from customers.models import AttributeDefinition, Customer, EventOutbox
from funnel.models import Activity, Booking, FunnelEvent, Group, Session
from imports.models import ImportJob
from messaging.models import Delivery, MessageTemplate, Notification
from segments.models import CustomerScore, Segment
from segments.services import audience

COUNTED = (
    Customer,
    FunnelEvent,
    Activity,
    Group,
    Session,
    Booking,
    CustomerScore,
    ImportJob,
    MessageTemplate,
    Segment,
    Workflow,
)
MADE_BY_WORK = (Delivery, Notification, Enrolment, EventOutbox)
pytestmark = pytest.mark.django_db(transaction=True)


def counts(models=COUNTED):
    return {model.__name__: model.objects.count() for model in models}


def test_the_pack_loads_once_and_a_second_time_adds_nothing():
    call_command("load_pack", "membership_group")
    first = counts()

    call_command("load_pack", "membership_group")

    assert counts() == first
    assert (first["Customer"], first["Group"], first["Workflow"]) == (1600, 31, 5)
    assert first["Session"] > 2_000
    assert first["Booking"] > 8_000
    assert not ImportJob.objects.filter(rejected_count__gt=0).exists()
    assert not any(counts(MADE_BY_WORK).values())
    assert not Workflow.objects.filter(is_enabled=True).exists()
    assert_attendance_is_an_activity()
    assert_conversions_come_in_their_order()
    assert_segments_find_somebody()
    assert_health_stays_hidden()
    leaders = Workflow.objects.get(name="Circle: new leaders")
    assert 0 < dry_run(leaders).entering < 50


def assert_attendance_is_an_activity():
    attended = Booking.objects.filter(attended=True).count()
    assert Activity.objects.filter(name="class_attended").count() == attended
    assert Session.objects.filter(is_paid=False).exists()
    latest = Session.objects.latest("starts_at")
    assert not latest.bookings.filter(attended=True).exists()


def assert_conversions_come_in_their_order():
    made = FunnelEvent.objects.filter(funnel_type="conversion")
    order = ("signup", "attend_first_session", "upgrade", "attend_first_paid_session")
    found = [made.filter(to_stage=name).count() for name in order]
    assert found[0] == 1600
    assert found == sorted(found, reverse=True)
    assert found[-1] > 300
    who = made.filter(to_stage=order[-1]).first().customer
    times = [made.get(customer=who, to_stage=name).created_date for name in order]
    assert times == sorted(times)


def assert_segments_find_somebody():
    for segment in Segment.objects.all():
        assert audience(segment).exists(), segment


def assert_health_stays_hidden():
    challenge = AttributeDefinition.objects.get(name="mental_health_challenge")
    assert challenge.sensitive
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM seg.customer_attributes WHERE field_name = %s",
            [challenge.name],
        )
        assert cursor.fetchone() == (0,)
