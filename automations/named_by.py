"""Which workflows name something in their documents: a template, a segment, an address."""

from collections.abc import Iterable

from django.db.models import F, Func, JSONField, Q, QuerySet, Value
from django.db.models.fields import BooleanField

from automations.models import Enrolment, Workflow, WorkflowVersion


def workflows_naming(
    key: str, value: int | str, names: Iterable[str]
) -> QuerySet[Workflow]:
    """Return the workflows in whose documents a key has a value, however deep inside.

    `names` are the fields with the documents. Versions count as long as somebody is on
    the way in them.
    """
    found = Q()
    for name in names:
        found |= Q(_has(name, key, value))
    on_the_way = Enrolment.objects.filter(ended_at=None).values("version")
    pinned = WorkflowVersion.objects.filter(found, pk__in=on_the_way)
    own = Workflow.objects.filter(found)
    return Workflow.objects.filter(
        Q(pk__in=own.values("pk")) | Q(pk__in=pinned.values("workflow"))
    )


def _has(name: str, key: str, value: int | str) -> Func:
    path = Func(
        Value(f"$.** ? (@.{key} == $value)"), template="%(expressions)s::jsonpath"
    )
    return Func(
        F(name),
        path,
        Value({"value": value}, JSONField()),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )
