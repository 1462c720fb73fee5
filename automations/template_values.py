"""The names that workflows give to values for templates, for those who write these."""

from collections.abc import Iterator
from typing import Any

from automations.models import Workflow
from automations.workflows.merging import values_in
from marketing_os.lib.registry import registry


def values_of_workflows() -> Iterator[tuple[str, Any]]:
    """Give each name with a value that some workflow has for it."""
    known = Workflow.objects.filter(archived_at=None).order_by("-pk")
    for context, steps in known.values_list("context", "steps"):
        yield from context.items()
        yield from values_in(steps)


registry.template_values.append(values_of_workflows)
