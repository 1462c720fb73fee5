"""The picture of a version: its steps with the people at them, and its rules."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from automations.models import AutomationLog, Enrolment, Workflow
from automations.workflows.drafts import DraftStep, read_draft
from automations.workflows.fields import Field, Kind, words_of
from automations.workflows.figures import Figures
from automations.workflows.people import StepPeople, VersionPeople
from automations.workflows.trigger_fields import trigger_words
from automations.workflows.triggers import DAILY
from segments.conditions import Catalogue

_State = Enrolment.State


@dataclass(frozen=True)
class Pictured:
    """A step as the picture shows it, with the people at it."""

    step: DraftStep
    people: StepPeople
    failed_url: str
    ways: list[tuple[str, list["Pictured"]]]


@dataclass(frozen=True)
class Links:
    """Where a person who may look finds the rows behind the figures."""

    request: HttpRequest
    workflow: Workflow

    def enrolments(self, **chosen: Any) -> str:
        return self._to(Enrolment, chosen)

    def failures(self, **chosen: Any) -> str:
        return self._to(AutomationLog, {"success": "given_up"} | chosen)

    def _to(self, model: Any, chosen: dict[str, Any]) -> str:
        name = f"automations_{model._meta.model_name}_changelist"
        if not self.request.user.has_perm(f"automations.view_{model._meta.model_name}"):
            return ""
        query = urlencode({"workflow": self.workflow.pk} | chosen)
        return f"{reverse(f'admin:{name}')}?{query}"


def picture(people: VersionPeople, links: Links) -> dict[str, Any]:
    """Return what the template draws of a version."""
    version = people.version
    title, parameters = trigger_words(version.trigger)
    steps = read_draft(version.steps, Catalogue())
    return {
        "version": version,
        "trigger_title": title,
        "trigger_parameters": parameters,
        # As pairs: a value may be called “items” itself.
        "values": list(version.context.items()),
        "steps": [_pictured(one, people, links) for one in steps],
        "goal": tree_words(version.goal),
        "exit_conditions": tree_words(version.exit_conditions),
        "is_daily": version.trigger.get("type") in DAILY,
        "project_zone": settings.TIME_ZONE,
    }


def people_figures(figures: Figures, links: Links) -> list[tuple[str, int, str, bool]]:
    """List the figures of a workflow: words, count, link, and whether it is bad."""
    state = links.enrolments
    paused = (_("Paused"), figures.paused, state(state=_State.PAUSED), False)
    return [
        (_("Entered"), figures.entered, state(), False),
        (_("On the way"), figures.active, state(state=_State.ACTIVE), False),
        *([paused] if figures.paused else []),
        (_("Completed"), figures.completed, state(state=_State.COMPLETED), False),
        (_("Converted"), figures.converted, state(state=_State.CONVERTED), False),
        (_("Left early"), figures.exited, state(state=_State.EXITED), False),
        (_("Failed steps"), figures.failures, links.failures(), True),
    ]


def tree_words(document: Any) -> str:
    """Say a document of conditions in words, or what is wrong with it."""
    if not document:
        return ""
    told = words_of([Field("tree", "", Kind.CONDITIONS)], {"tree": document})
    return told[0][1]


def _pictured(one: DraftStep, people: VersionPeople, links: Links) -> Pictured:
    ways = [
        (name, [_pictured(step, people, links) for step in way])
        for name, way in one.ways.items()
    ]
    url = links.failures(step_id=one.id)
    return Pictured(one, people.steps.get(one.id, StepPeople()), url, ways)
