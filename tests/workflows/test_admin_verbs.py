"""Copying, disabling, archiving and deleting workflows, and who may."""

import pytest
from django.urls import reverse

from automations.models import Enrolment, Workflow
from automations.services.workflows import enable
from tests import make
from tests.workflows.admin_form import ADD, LIST, enter, fields, signed_in_as, text, url
from tests.workflows.make import step, tag, trigger, workflow

pytestmark = pytest.mark.django_db


def test_a_copy_is_not_enabled_and_has_a_name_of_its_own(admin):
    made = workflow(tag("x"), name="Welcome")

    for _again in range(2):
        admin.post(url("duplicate", made))

    names = set(Workflow.objects.values_list("name", "is_enabled"))
    assert names == {
        ("Welcome", True),
        ("Welcome (copy)", False),
        ("Welcome (copy 2)", False),
    }


def test_disabling_asks_what_becomes_of_those_on_the_way(admin):
    wait = step("wait", until="duration", amount=9, unit="days")
    for choice, state in (
        ("finish", "active"),
        ("pause", "paused"),
        ("leave", "exited"),
    ):
        Enrolment.objects.all().delete()
        made, who = workflow(wait), make.customer()
        enter(made, who)
        assert "1 person is on the way" in text(admin.get(url("disable", made)))

        admin.post(url("disable", made), {"on_the_way": choice})

        made.refresh_from_db()
        assert not made.is_enabled
        assert Enrolment.objects.get(workflow=made, customer=who).state == state


def test_disabling_without_a_choice_changes_nothing(admin):
    made = workflow(tag("x"))

    page = text(admin.post(url("disable", made)))

    assert "Choose one of the three." in page
    made.refresh_from_db()
    assert made.is_enabled


def test_a_workflow_whose_attribute_is_gone_can_still_be_disabled(admin):
    definition = make.attribute("level")
    made = workflow(step("set_attribute", attribute="level", value="gold"))
    definition.delete()

    admin.post(url("disable", made), {"on_the_way": "finish"})

    made.refresh_from_db()
    assert not made.is_enabled


def test_what_is_archived_leaves_the_list_and_comes_back(admin):
    made = workflow(tag("x"), enabled=False, name="Old one")

    admin.post(url("archive", made))
    assert "Old one" not in [row.name for row in admin.get(LIST).context["cl"].queryset]
    admin.post(url("archive", made), {"to": "use"})

    assert "Old one" in [row.name for row in admin.get(LIST).context["cl"].queryset]


def test_what_is_enabled_is_not_archived(admin):
    made = workflow(tag("x"))

    page = text(admin.post(url("archive", made), follow=True))

    assert "Disable it before you archive it." in page
    made.refresh_from_db()
    assert made.archived_at is None


def test_deleting_what_people_went_through_is_refused_with_what_is_there(admin):
    made = workflow(tag("x"))
    enter(made, make.customer())
    admin.post(url("disable", made), {"on_the_way": "finish"})

    page = text(admin.post(url("delete", made), {"post": "yes"}, follow=True))

    assert "1 enrolment, 1 line in the log" in page
    assert Workflow.objects.filter(pk=made.pk).exists()


def test_what_nobody_entered_is_deleted(admin):
    made = workflow(tag("x"), enabled=False)

    admin.post(url("delete", made), {"post": "yes"})

    assert not Workflow.objects.exists()


def test_who_was_only_left_out_keeps_no_workflow_from_being_deleted(admin):
    make.customer()
    everybody = {"version": 1, "all": [{"type": "everyone"}]}
    made = workflow(
        tag("x"), on=trigger("conditions", conditions=everybody), enabled=False
    )
    enable(made, leaves_out=True)
    assert Enrolment.objects.get().state == "left_out"
    admin.post(url("disable", made), {"on_the_way": "leave"})

    admin.post(url("delete", made), {"post": "yes"})

    assert not Workflow.objects.exists()


def test_a_viewer_reads_and_changes_nothing(client):
    made = workflow(tag("x"), enabled=False)
    viewer = signed_in_as(client, "Viewer")

    assert viewer.get(LIST).status_code == 200
    assert viewer.get(url("change", made)).url == made.get_absolute_url()
    page = text(viewer.get(made.get_absolute_url()))
    assert "Add the tag “x”" in page
    assert "account_tree" in page
    assert "edit</span>" not in page
    for name in ("duplicate", "archive", "disable", "delete", "change"):
        assert viewer.post(url(name, made)).status_code in (302, 403), name
    assert viewer.post(ADD, fields(tag("x"))).status_code == 403
    assert viewer.post(reverse("admin:automations_workflow_check")).status_code == 403
    assert Workflow.objects.count() == 1
    made.refresh_from_db()
    assert made.archived_at is None


def test_a_marketer_makes_and_edits_workflows(client):
    marketer = signed_in_as(client, "Marketer")

    marketer.post(ADD, fields(tag("x")))
    made = Workflow.objects.get()
    marketer.post(url("change", made), fields(tag("y")))

    made.refresh_from_db()
    assert made.steps[0]["parameters"]["tag"] == "y"
