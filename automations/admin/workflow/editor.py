"""What the form of a workflow shows beside its fields, and the words of its steps."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations.admin.workflow.controls import Controls, new_steps, step_forms
from automations.admin.workflow.pages import people_words
from automations.models import Enrolment, Workflow
from automations.workflow_form import WorkflowForm, kind_of, without_empty
from automations.workflows.drafts import all_steps, read_draft
from automations.workflows.people import on_the_way
from automations.workflows.steps import NOT_YET
from automations.workflows.trigger_fields import TRIGGERS
from automations.workflows.triggers import DAILY
from marketing_os.lib.admin import ModelAdmin
from segments.admin import builder
from segments.conditions import Catalogue
from segments.conditions.reading import read_text
from segments.errors import ConditionError
from segments.services.conditions import VIEW_SENSITIVE


def context(request: HttpRequest, form: WorkflowForm) -> dict[str, Any]:
    """Return what the form's template draws."""
    controls = Controls()
    trigger = form.document("trigger")
    steps = step_forms(form.draft, controls)
    return {
        "offered": builder.context(request, None),
        "triggers": _triggers(form, trigger, controls),
        "is_daily": kind_of(trigger) in DAILY,
        "has_goal": bool(without_empty(form.document("goal"))),
        "has_exit": bool(without_empty(form.document("exit_conditions"))),
        "step_forms": steps,
        "new_steps": new_steps(controls),
        "not_yet": NOT_YET.values(),
        "in_flight": in_flight_words(form.instance),
        "open": "{{",
        "close": "}}",
        "datalists": controls.datalists,
    }


def in_flight_words(workflow: Workflow) -> str:
    """Say who is on the way in which version, and who gets what is saved now."""
    if not workflow.pk:
        return ""
    told = [people_words(number, count) for number, count in on_the_way(workflow)]
    return " ".join([*told, _("New entrants get what you save here.")]) if told else ""


def check(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Answer the form with the words of each step that is finished."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    allowed = model_admin.has_change_permission(
        request
    ) or model_admin.has_add_permission(request)
    if not allowed:
        raise PermissionDenied
    try:
        document = read_text(request.POST.get("steps", ""))
    except ConditionError as error:
        return JsonResponse({"detail": str(error)}, status=400)
    catalogue = Catalogue(sensitive=request.user.has_perm(VIEW_SENSITIVE))
    steps = all_steps(read_draft(document, catalogue))
    return JsonResponse({"words": {one.id: one.told for one in steps if not one.fault}})


def saved_words(workflow: Workflow, before: int | None) -> str:
    """Say what a save means for those on the way; `before`: the version they are in."""
    version = workflow.current_version
    if version is None or before is None or version.pk == before:
        return _("“%s” is saved.") % workflow
    there = Enrolment.objects.filter(
        version=before, state__in=Enrolment.ON_THE_WAY
    ).count()
    if not there:
        return _("“%(name)s” is saved. New entrants get version %(number)s.") % {
            "name": workflow,
            "number": version.number,
        }
    older = workflow.versions.get(pk=before)
    words = ngettext(
        "“%(name)s” is saved. %(count)s person is in version %(old)s; new entrants get"
        " version %(number)s.",
        "“%(name)s” is saved. %(count)s people are in version %(old)s; new entrants get"
        " version %(number)s.",
        there,
    )
    return words % {
        "name": workflow,
        "count": f"{there:,}",
        "old": older.number,
        "number": version.number,
    }


def _triggers(
    form: WorkflowForm, trigger: Any, controls: Controls
) -> list[dict[str, Any]]:
    chosen = kind_of(trigger)
    given = trigger.get("parameters") if isinstance(trigger, dict) else None
    parameters = given if isinstance(given, dict) else {}
    return [
        {
            "name": one.name,
            "title": one.title,
            "group": str(one.group),
            "is_chosen": one.name == chosen,
            "controls": controls.of(
                one.fields,
                parameters if one.name == chosen else {},
                prefix=f"wf-trigger-{one.name}",
                fault=form.faults.get("trigger") if one.name == chosen else None,
            ),
        }
        for one in TRIGGERS.values()
    ]
