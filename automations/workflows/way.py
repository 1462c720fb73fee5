"""One member's way through a workflow: where they are, and what comes next."""

from django.utils.functional import Promise

from automations.models import Enrolment, WorkflowVersion
from automations.workflows.program import Place, Program, program_of
from automations.workflows.steps import STEPS, Branch
from segments.errors import ConditionError


def step_title(kind: str) -> str | Promise:
    """Name a kind of step; one that is gone keeps the name it had in the log."""
    step = STEPS.get(kind)
    return step.title if step else kind


def step_words(version: WorkflowVersion, step_id: str) -> str:
    """Say what a step of a version does; "" where that cannot be read any more."""
    program = _program(version)
    place = program and program.places.get(step_id)
    return place.step.words() if place else ""


def steps_ahead(enrolment: Enrolment) -> list[Place]:
    """List the steps from where a member is, up to where the way parts or ends."""
    program = _program(enrolment.version)
    if program is None or enrolment.state not in Enrolment.ON_THE_WAY:
        return []
    ahead = []
    place = program.places.get(enrolment.step_path or program.first)
    while place:
        ahead.append(place)
        ends = isinstance(place.step, Branch) or place.step.type == "exit"
        place = None if ends else program.places.get(place.next)
    return ahead


def _program(version: WorkflowVersion) -> Program | None:
    try:
        return program_of(version)
    except ConditionError:  # it names an attribute or segment that is gone
        return None
