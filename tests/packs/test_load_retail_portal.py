import pytest
from django.core.management import call_command
from django.utils import timezone

from automations.models import Automation, Enrolment, StaffTask, Workflow
from automations.workflows.explaining import dry_run
from customers.models import Customer, Device, EventOutbox
from funnel.models import Activity, FunnelEvent
from imports.models import ImportJob
from messaging.models import Delivery, MessageTemplate, Notification
from portal.models import PublicPage, VisitorMessage
from portal.services import handle_messages, save_public_page
from segments.classification import classified_as
from segments.models import CustomerScore, Segment, Standing
from segments.services import audience

COUNTED = (
    Customer,
    FunnelEvent,
    Activity,
    Device,
    VisitorMessage,
    CustomerScore,
    ImportJob,
    MessageTemplate,
    Segment,
    Automation,
    Workflow,
)
MADE_BY_WORK = (Delivery, Notification, Enrolment, EventOutbox, StaffTask)
pytestmark = pytest.mark.django_db(transaction=True)


def counts(models=COUNTED):
    return {model.__name__: model.objects.count() for model in models}


def load(*arguments):
    call_command("load_pack", "retail_portal", *arguments)


def test_the_pack_loads_once_and_a_second_time_adds_nothing():
    load()
    first = counts()

    load()

    assert counts() == first
    assert (first["Customer"], first["Workflow"], first["Automation"]) == (1800, 4, 2)
    assert first["Activity"] > 6_000
    assert not ImportJob.objects.filter(rejected_count__gt=0).exists()
    assert not any(counts(MADE_BY_WORK).values())
    assert not Workflow.objects.filter(is_enabled=True).exists()
    assert not Automation.objects.filter(is_active=True).exists()
    assert_every_status_occurs()
    assert_devices_are_noted()
    assert_messages_are_answered()
    assert_segments_find_somebody()
    assert_workflows_would_let_somebody_in()


def test_what_staff_wrote_on_the_public_page_stays():
    save_public_page(PublicPage(healthy="All is well."))

    load("--without-people")

    assert PublicPage.current().healthy == "All is well."


def test_without_its_people_there_is_only_what_staff_made():
    load("--without-people")

    assert not any(counts((Customer, Activity, Device, VisitorMessage)).values())
    assert counts((Segment, Workflow)) == {"Segment": 7, "Workflow": 4}
    assert "orders" in PublicPage.current().healthy


def assert_every_status_occurs():
    shares = {one: len(list(classified_as(one))) for one in Standing}
    assert sum(shares.values()) == 1800
    assert min(shares.values()) > 100


def assert_devices_are_noted():
    types = set(Device.objects.values_list("device_type", flat=True))
    assert types == set(Device.Type.values)
    assert Device.objects.filter(customer=None).count() == 900
    newest = Device.objects.exclude(customer=None).order_by("-logged_at").first()
    words = {"phone": "Mobile", "tablet": "Tablet", "desktop": "Desktop"}
    assert newest.customer.attributes["device"] == words[newest.device_type]
    assert not Device.objects.filter(logged_at__gt=timezone.now()).exists()


def assert_messages_are_answered():
    known = VisitorMessage.objects.exclude(customer=None)
    assert 30 < known.count() <= Activity.objects.filter(name="message").count()
    assert VisitorMessage.objects.filter(customer=None).exists()
    assert handle_messages() == 0


def assert_segments_find_somebody():
    for segment in Segment.objects.all():
        assert audience(segment).exists(), segment


def assert_workflows_would_let_somebody_in():
    for standing in (Standing.LOW_ENGAGEMENT, Standing.CHURN_RISK):
        name = f"Shop: {standing.label.lower()}"
        run = dry_run(Workflow.objects.get(name=name))
        assert 0 < run.entering <= len(list(classified_as(standing))), name
