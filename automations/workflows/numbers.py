"""The steps of a workflow by the numbers that its picture gives them."""

from typing import Any

from django.utils.translation import gettext as _

from automations.models import WorkflowVersion


def step_name(version: WorkflowVersion, step_id: str) -> str:
    """Name a step as pages elsewhere do: “Workflow Welcome, step 2”."""
    number = number_of(version.steps, step_id)
    words = (
        _("Workflow %(name)s, step %(number)s") if number else _("Workflow %(name)s")
    )
    return words % {"name": version.workflow.name, "number": number}


def number_of(steps: Any, step_id: str) -> str:
    """Return the number of a step in the picture of steps, “2.1” inside the second.

    "" where there is no such step.
    """
    for number, step in enumerate(steps, 1):
        if step["id"] == step_id:
            return str(number)
        for way in ("yes", "no"):
            if inner := number_of(step.get(way, []), step_id):
                return f"{number}.{inner}"
    return ""
