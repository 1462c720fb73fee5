"""What those who write templates need to know of workflows: their uses and values."""

from collections.abc import Iterator
from typing import Any

from django.db.models import BooleanField, F, Func, Q, Value
from django.utils.translation import gettext as _

from automations.models import Enrolment, Workflow, WorkflowVersion
from automations.workflows.merging import values_in
from marketing_os.lib.registry import Origin, registry


def values_of_workflows() -> Iterator[tuple[str, Any]]:
    """Give each name with a value that some workflow has for it."""
    known = Workflow.objects.filter(archived_at=None).order_by("-pk")
    for context, steps in known.values_list("context", "steps"):
        yield from context.items()
        yield from values_in(steps)


def workflows_that_send(template_id: int) -> Iterator[Origin]:
    """Name each workflow a step of which sends a template, now or to those on the way."""
    on_the_way = Enrolment.objects.filter(ended_at=None).values("version")
    pinned = WorkflowVersion.objects.filter(_sends(template_id), pk__in=on_the_way)
    own = Workflow.objects.filter(_sends(template_id)).values("pk")
    found = Q(pk__in=own) | Q(pk__in=pinned.values("workflow"))
    for one in Workflow.objects.filter(found):
        yield Origin(_("Workflow %s") % one, one.get_absolute_url())


def _sends(template_id: int) -> Func:
    """Say that a step of the steps, however deep inside a branch, sends a template."""
    path = f"$.**.parameters ? (@.template_id == {int(template_id)})"
    return Func(
        F("steps"),
        Value(path),
        function="jsonb_path_exists",
        template="%(function)s(%(expressions)s::jsonpath)",
        output_field=BooleanField(),
    )


registry.template_uses.append(workflows_that_send)
registry.template_values.append(values_of_workflows)
