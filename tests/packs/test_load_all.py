"""The four packs in one system."""

import pytest
from django.core.management import call_command

from automations.models import Automation, Workflow
from automations.workflows.explaining import dry_run
from customers.models import Customer
from funnel.models import Activity
from imports.models import ImportJob
from messaging.models import Delivery, MessageTemplate
from segments.models import ScoreRefresh, Segment
from segments.services import audience

COUNTED = (Customer, Activity, ImportJob, MessageTemplate, Segment, Automation)
# Whose names a pack's things begin with; what has none of these words is the school's.
PREFIXES = {"Club": "TC", "Circle": "MG", "Shop": "RP"}
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def counts():
    return {model.__name__: model.objects.count() for model in (*COUNTED, Workflow)}


def prefix_of(named):
    return PREFIXES.get(named.name.partition(":")[0], "NC")


def test_all_load_together_once_and_each_means_its_own_people(sql_segments, capsys):
    call_command("load_pack", "all")
    first, said = counts(), capsys.readouterr().out

    call_command("load_pack", "all")

    assert counts() == first
    assert (first["Customer"], first["Workflow"], first["Automation"]) == (7900, 18, 5)
    assert not ImportJob.objects.filter(rejected_count__gt=0).exists()
    assert not Delivery.objects.exists()
    assert ScoreRefresh.objects.filter(is_current=True).get().customers_scored == 7900
    assert "7,900 people" in said.splitlines()[-1]
    assert_segments_hold_their_own_people()
    assert_workflows_let_in_their_own_people()


def assert_segments_hold_their_own_people():
    for segment in Segment.objects.all():
        keys = audience(segment).values_list("lms_lead_id", flat=True)
        assert {key[:2] for key in keys} == {prefix_of(segment)}, segment


def assert_workflows_let_in_their_own_people():
    let_in = 0
    for workflow in Workflow.objects.all():
        first = Customer.objects.filter(pk__in=dry_run(workflow).first)
        let_in += len(first)
        keys = {one.lms_lead_id[:2] for one in first}
        assert keys <= {prefix_of(workflow)}, workflow
    assert let_in > 50
