"""What those who write templates need to know of workflows: their uses and values."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from automations.models import Workflow
from automations.named_by import workflows_naming
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
    for one in workflows_naming("template_id", template_id, ("steps",)):
        yield Origin(_("Workflow %s") % one, one.get_absolute_url())


registry.template_uses.append(workflows_that_send)
registry.template_values.append(values_of_workflows)
