import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from automations.models import Automation
from customers.models import AttributeDefinition, Consent, Customer, Device, MemberTag
from funnel.models import Activity, FunnelEvent
from imports.models import ImportJob
from messaging.models import Delivery, MessageTemplate
from messaging.services import save_template
from messaging.templating.context import sample_values
from messaging.templating.render import render_version
from segments.models import Segment, SegmentMember
from segments.services import audience
from tests.workflows import make as workflows

COUNTED = (
    Customer,
    FunnelEvent,
    Activity,
    Device,
    Consent,
    MemberTag,
    ImportJob,
    MessageTemplate,
    Segment,
    SegmentMember,
    Automation,
)
pytestmark = pytest.mark.django_db(transaction=True)


def counts():
    return {model.__name__: model.objects.count() for model in COUNTED}


def test_the_pack_loads_once_and_a_second_time_adds_nothing(sql_segments):
    call_command("load_pack", "next_campus")
    first = counts()

    call_command("load_pack", "next_campus")

    assert counts() == first
    assert first["Customer"] == 2000
    assert 5000 < first["FunnelEvent"] < 10000
    assert first["Automation"] == 3
    assert 500 < first["Device"] < 4000
    assert not ImportJob.objects.filter(rejected_count__gt=0).exists()
    assert not Automation.objects.filter(is_active=True).exists()
    assert not Delivery.objects.exists()
    assert_six_types()
    assert_segments_find_somebody()
    assert_templates_read_well()


def test_what_is_missing_is_loaded_again():
    call_command("load_pack", "next_campus")
    Automation.objects.all().delete()
    Segment.objects.filter(name="Quiet for two months").delete()

    call_command("load_pack", "next_campus")

    assert Automation.objects.count() == 3
    assert Segment.objects.count() == 6


def test_what_staff_renamed_does_not_come_a_second_time():
    call_command("load_pack", "next_campus")
    template = MessageTemplate.objects.get(name="Still thinking it over")
    template.name, template.subject = "Our third letter", "A word from us"
    save_template(template)

    call_command("load_pack", "next_campus")

    assert MessageTemplate.objects.count() == 4
    assert MessageTemplate.objects.get(pk=template.pk).subject == "A word from us"


def test_its_history_starts_no_workflow():
    workflow = workflows.workflow(
        workflows.tag("reached"), on=workflows.trigger("tag_added", tag="alumni")
    )

    call_command("load_pack", "next_campus")
    workflows.run()

    assert MemberTag.objects.filter(tag="alumni").exists()
    assert not workflow.enrolments.exists()


def test_an_unknown_pack_is_named_with_those_there_are():
    with pytest.raises(CommandError, match="There is: next_campus"):
        call_command("load_pack", "nothing")


def assert_six_types():
    types = AttributeDefinition.objects.values_list("field_type", flat=True)
    assert set(types) == set(AttributeDefinition.FieldType.values)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM customers WHERE attributes -> 'interests' ? 'data'"
        )
        assert cursor.fetchone()[0] > 100


def assert_segments_find_somebody():
    for segment in Segment.objects.all():
        assert audience(segment).exists(), segment


def assert_templates_read_well():
    who = Customer.objects.filter(attributes__scholarship=True).first()
    for template in MessageTemplate.objects.all():
        mail = render_version(template.current_version, sample_values(who))
        assert who.first_name in mail.html + mail.subject
        assert "Unsubscribe" in mail.html
        assert "{{" not in mail.html + mail.text + mail.subject
