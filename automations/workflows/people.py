"""Where the people of a workflow are now, and what became of those who went before."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count

from automations.models import AutomationLog, Enrolment, Workflow, WorkflowVersion

_State = Enrolment.State


@dataclass
class StepPeople:
    """How many people of a version are at a step, and what became of the others.

    `active` and `paused` are there now; `retrying` counts attempts that failed and are
    made again. `passed` went through well, `failed` went on although it failed for
    them, and `left` ended their way here.
    """

    active: int = 0
    paused: int = 0
    retrying: int = 0
    passed: int = 0
    failed: int = 0
    left: int = 0

    @property
    def now(self) -> int:
        return self.active + self.paused


@dataclass
class VersionPeople:
    """The people of one version: `steps` by ID, `states` by state of the enrolment, and
    `exits` and `conversions` by the reason that was written down. Who is `left_out` never
    entered."""

    version: WorkflowVersion
    steps: dict[str, StepPeople] = field(
        default_factory=lambda: defaultdict(StepPeople)
    )
    states: Counter[str] = field(default_factory=Counter)
    # Plain, as templates take `items` of a Counter for one of its keys.
    exits: dict[str, int] = field(default_factory=dict)
    conversions: dict[str, int] = field(default_factory=dict)
    left_out: int = 0

    @property
    def entered(self) -> int:
        return self.states.total()

    @property
    def on_the_way(self) -> int:
        return self.states[_State.ACTIVE] + self.states[_State.PAUSED]


def people_at(
    workflow: Workflow, *, versions: Iterable[WorkflowVersion] | None = None
) -> list[VersionPeople]:
    """Count the people of each version of a workflow, the newest version first.

    Two queries, each of which reads only an index. Without `versions` all are counted.
    """
    chosen = list(workflow.versions.all() if versions is None else versions)
    found = {one.pk: VersionPeople(one) for one in chosen}
    for version_id, state, step_id, reason, count in _enrolments(chosen):
        _place(found[version_id], state, step_id, reason, count)
    by_number = {one.number: found[one.pk] for one in chosen}
    for number, step_id, success, will_retry, count in _logs(workflow, by_number):
        _pass(by_number[number].steps[step_id], success, will_retry, count)
    return sorted(found.values(), key=lambda one: -one.version.number)


def on_the_way(workflow: Workflow) -> list[tuple[int, int]]:
    """Return (number, people on their way) of each version with some, in their order."""
    ways = Enrolment.objects.filter(
        version__workflow=workflow, state__in=Enrolment.ON_THE_WAY
    )
    counted = ways.order_by("version__number").values_list("version__number")
    return list(counted.annotate(count=Count("*")))


def _enrolments(
    versions: list[WorkflowVersion],
) -> Iterable[tuple[int, str, str, str, int]]:
    return (
        Enrolment.objects.filter(version__in=versions)
        .order_by()
        .values_list("version", "state", "step_path", "exit_reason")
        .annotate(count=Count("*"))
    )


def _logs(
    workflow: Workflow, numbers: Iterable[int]
) -> Iterable[tuple[int, str, bool, bool, int]]:
    return (
        AutomationLog.objects.filter(workflow=workflow, version__in=list(numbers))
        .order_by()
        .values_list("version", "step_id", "success", "will_retry")
        .annotate(count=Count("*"))
    )


def _place(
    people: VersionPeople, state: str, step_id: str, reason: str, count: int
) -> None:
    if state == _State.LEFT_OUT:
        people.left_out += count
        return
    people.states[state] += count
    if state == _State.COMPLETED:
        return
    # Who has just entered stands before the first step.
    step = people.steps[step_id or _first(people.version)]
    if state == _State.ACTIVE:
        step.active += count
    elif state == _State.PAUSED:
        step.paused += count
    else:
        step.left += count
        told = people.conversions if state == _State.CONVERTED else people.exits
        told[reason] = told.get(reason, 0) + count


def _first(version: WorkflowVersion) -> str:
    """Return the ID of the first step, also where others cannot be read any more."""
    return str(version.steps[0]["id"]) if version.steps else ""


def _pass(step: StepPeople, success: bool, will_retry: bool, count: int) -> None:
    if success:
        step.passed += count
    elif will_retry:
        step.retrying += count
    else:
        step.failed += count
