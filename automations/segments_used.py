"""What those who delete segments need to know of workflows: which of them ask for one."""

from collections.abc import Iterator

from django.db.models import BooleanField, F, Func, Q, Value

from automations.models import Enrolment, Workflow, WorkflowVersion
from marketing_os.lib.registry import Origin, registry

_CONDITIONS = ("trigger", "steps", "goal", "exit_conditions")


def workflows_that_ask(segment_id: int) -> Iterator[Origin]:
    """Name each workflow whose conditions ask for a segment, now or on the way."""
    on_the_way = Enrolment.objects.filter(ended_at=None).values("version")
    pinned = WorkflowVersion.objects.filter(_asks(segment_id), pk__in=on_the_way)
    own = Workflow.objects.filter(_asks(segment_id)).values("pk")
    found = Q(pk__in=own) | Q(pk__in=pinned.values("workflow"))
    for one in Workflow.objects.filter(found):
        yield Origin(str(one), one.get_absolute_url())


def _asks(segment_id: int) -> Q:
    path = Value(f"$.** ? (@.segment == {int(segment_id)})")
    found = Q()
    for name in _CONDITIONS:
        found |= Q(
            Func(
                F(name),
                path,
                function="jsonb_path_exists",
                template="%(function)s(%(expressions)s::jsonpath)",
                output_field=BooleanField(),
            )
        )
    return found


registry.segment_uses["Workflow"] = workflows_that_ask
