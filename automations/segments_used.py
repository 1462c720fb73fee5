"""What those who delete segments need to know of workflows: which of them ask for one."""

from collections.abc import Iterator

from automations.named_by import workflows_naming
from marketing_os.lib.registry import Origin, registry

_CONDITIONS = ("trigger", "steps", "goal", "exit_conditions")


def workflows_that_ask(segment_id: int) -> Iterator[Origin]:
    """Name each workflow whose conditions ask for a segment, now or on the way."""
    for one in workflows_naming("segment", segment_id, _CONDITIONS):
        yield Origin(str(one), one.get_absolute_url())


registry.segment_uses["Workflow"] = workflows_that_ask
