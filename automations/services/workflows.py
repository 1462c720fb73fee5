"""Save workflows, and switch them on and off."""

import re
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.models import Enrolment, Workflow, WorkflowVersion
from automations.workflows.catching_up import catch_up
from automations.workflows.daily import (
    daily_candidates,
    day_of,
    enter_daily,
    look_up_segments,
)
from automations.workflows.happenings import EVENTS, is_meant
from automations.workflows.leaving_out import forget_all, leave_out
from automations.workflows.program import Program, program_of, read_steps
from automations.workflows.triggers import DAILY, daily_tree, parameters_of
from automations.workflows.zones import zone_of_workflow
from customers.models import EventSubscription
from marketing_os.lib.errors import DomainError
from segments.conditions import Catalogue, read_document
from segments.conditions.entry import Entry
from segments.errors import ConditionError
from segments.services.conditions import limited

# A trigger that nothing fires by itself: another system asks by the API.
BY_API = "api_call"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_MOST_VALUES = 100
# A person waits for it.
_MOST_SECONDS = 20
_PINNED = ("trigger", "steps", "context", "goal", "exit_conditions")


class OnTheWay(models.TextChoices):
    """What becomes of the people of a workflow that is disabled."""

    FINISH = "finish", gettext_lazy("They go on to the end")
    PAUSE = "pause", gettext_lazy("They stop where they are")
    LEAVE = "leave", gettext_lazy("They leave now")


@transaction.atomic
def save_workflow(workflow: Workflow, *, by: User | None = None) -> Workflow:
    """Save a workflow; raises ConditionError with the path of what is wrong in it.

    What members in flight are pinned to becomes a new version when it changed: they
    go on with theirs, and who enters from now on gets the new one.
    """
    program = check_workflow(workflow)
    if by is not None:
        workflow._history_user = by  # type: ignore[attr-defined]
    current = workflow.current_version
    if workflow.is_enabled and current and current.trigger != workflow.trigger:
        workflow.enabled_at = timezone.now()  # it is another one that listens now
    workflow.save()
    if _differs(workflow):
        _add_version(workflow)
    if workflow.trigger["type"] not in DAILY:
        forget_all(workflow)  # only a daily look notices who ceased to match
    _subscribe(workflow, program)
    return workflow


def check_workflow(workflow: Workflow) -> Program:
    """Read all of a workflow, as it is or would be; return its steps."""
    check_trigger(workflow)
    for document in (workflow.goal, workflow.exit_conditions):
        if document:
            read_document(document, Catalogue())
    _check_context(workflow.context)
    return read_steps(workflow.steps, Catalogue())


def check_trigger(workflow: Workflow) -> None:
    """Read what starts a workflow; raises ConditionError with the path of a fault."""
    zone_of_workflow(workflow)
    kind = Entry(workflow.trigger, "trigger").choice("type", [*DAILY, *EVENTS, BY_API])
    if kind in DAILY:
        _check_daily(workflow)
    elif kind in EVENTS:
        is_meant(workflow.trigger, timezone.now())
    else:
        parameters_of(workflow.trigger, ())


@transaction.atomic
def enable(
    workflow: Workflow,
    *,
    leaves_out: bool = False,
    by: User | None = None,
    now: datetime | None = None,
) -> Workflow:
    """Let members in from now on; what happened before starts nothing.

    With `leaves_out` a daily trigger leaves out whom it means already, as long as it
    does; raises SegmentError where that takes too long.
    """
    now = now or timezone.now()
    workflow = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if workflow.archived_at is not None:
        raise DomainError(_("“%s” is archived.") % workflow)
    if not workflow.steps:
        raise DomainError(_("“%s” has no steps yet.") % workflow)
    local = now.astimezone(zone_of_workflow(workflow))
    workflow.check_error, workflow.check_failed_at = "", None
    if not workflow.is_enabled:
        workflow.enabled_at = now
        # An hour that is over already, today's or yesterday's, does not come again.
        is_over = local.hour >= workflow.check_hour
        today = local.date()
        workflow.checked_on = today if is_over else today - timedelta(days=1)
    workflow.is_enabled = True
    Enrolment.objects.filter(workflow=workflow, state=Enrolment.State.PAUSED).update(
        state=Enrolment.State.ACTIVE
    )
    forget_all(workflow)
    workflow = save_workflow(workflow, by=by)
    if leaves_out and workflow.trigger["type"] in DAILY:
        with limited(_MOST_SECONDS):
            leave_out(workflow, daily_candidates(workflow, now), now)
    return workflow


@transaction.atomic
def disable(
    workflow: Workflow, *, on_the_way: OnTheWay, by: User | None = None
) -> Workflow:
    """Let nobody in any more; who is on the way goes on, stops there, or leaves.

    It is never refused, also where something that the steps name has gone.
    """
    workflow = Workflow.objects.select_for_update().get(pk=workflow.pk)
    workflow.is_enabled = False
    moving = Enrolment.objects.filter(
        version__workflow=workflow, state__in=Enrolment.ON_THE_WAY
    )
    if on_the_way == OnTheWay.PAUSE:
        moving.update(state=Enrolment.State.PAUSED)
    elif on_the_way == OnTheWay.LEAVE:
        moving.update(
            state=Enrolment.State.EXITED,
            exit_reason=_("The workflow was disabled."),
            ended_at=timezone.now(),
        )
    workflow._history_user = by  # type: ignore[attr-defined]
    workflow.save(update_fields=["is_enabled", "updated_at"])
    # What is heard of for nothing costs little; a fault must not keep it running.
    if workflow.current_version:
        with suppress(ConditionError):
            _subscribe(workflow, program_of(workflow.current_version))
    return workflow


def check_now(workflow: Workflow, *, now: datetime | None = None) -> int:
    """Let in at once whom the trigger means, by the rules of entering; return how many.

    A daily trigger is asked as at its hour; an event trigger of what happened since
    the workflow was enabled, a day ago at most. Raises DomainError when the workflow is
    off or nothing but the API starts it.
    """
    now = now or timezone.now()
    if workflow.is_enabled and workflow.trigger["type"] in DAILY:
        look_up_segments(workflow, now)
    with transaction.atomic():
        workflow = Workflow.objects.select_for_update(of=("self",)).get(pk=workflow.pk)
        if not workflow.is_enabled:
            raise DomainError(_("“%s” is not enabled.") % workflow)
        kind = workflow.trigger["type"]
        if kind in DAILY:
            return enter_daily(workflow, now, now=now)
        if kind in EVENTS:
            return catch_up(workflow, now)
    raise DomainError(_("Only another system starts “%s”, by the API.") % workflow)


def _check_context(context: Any) -> None:
    """Read the values that a workflow gives its messages, by names of their own."""
    entry = Entry(context, "context")
    if len(entry.values) > _MOST_VALUES:
        raise ConditionError(
            _("A workflow has up to %s values.") % _MOST_VALUES, entry.path
        )
    for name in entry.values:
        if not _NAME.fullmatch(str(name)):
            raise ConditionError(
                _(
                    "“%s” cannot stand in a template. A name begins with a letter, has"
                    " letters, digits and _ behind it, and is up to 100 long."
                )
                % str(name)[:100],
                entry.path,
            )
        _check_value(entry, name)


def _check_value(entry: Entry, name: str) -> None:
    value = entry.values[name]
    if isinstance(value, bool) or value == "":
        return
    if isinstance(value, str):
        entry.text(name)
    elif isinstance(value, int | float):
        entry.number(name)
    else:
        raise entry.refuse(name, _("Here belongs a text."))


def _check_daily(workflow: Workflow) -> None:
    daily_tree(workflow.trigger, day_of(workflow, timezone.now()))


def _differs(workflow: Workflow) -> bool:
    current = workflow.current_version
    return current is None or any(
        getattr(current, name) != getattr(workflow, name) for name in _PINNED
    )


def _add_version(workflow: Workflow) -> None:
    last = (
        workflow.versions.order_by("-number").values_list("number", flat=True).first()
    )
    pinned = {name: getattr(workflow, name) for name in _PINNED}
    workflow.current_version = WorkflowVersion.objects.create(
        workflow=workflow, number=(last or 0) + 1, **pinned
    )
    Workflow.objects.filter(pk=workflow.pk).update(
        current_version=workflow.current_version
    )


def _subscribe(workflow: Workflow, program: Program) -> None:
    """Say which events the writers of events are to tell of.

    Who is on the way by an older version comes to its waits yet.
    """
    wanted: set[tuple[str, str]] = set()
    kind = EVENTS.get(workflow.trigger["type"])
    if workflow.is_enabled and kind:
        parameters = parameters_of(workflow.trigger, kind.parameters)
        wanted.add((kind.kind, kind.subscribes(parameters)))
    programs = [program] if workflow.is_enabled else []
    for one in [*programs, *_in_flight(workflow)]:
        wanted |= {("activity", name) for name in one.waits_for}
    owner = f"workflow:{workflow.pk}"
    known = EventSubscription.objects.filter(owner=owner)
    _match(known, wanted, owner)


def _in_flight(workflow: Workflow) -> list[Program]:
    """Return the programs that people are on the way through."""
    ways = Enrolment.objects.filter(
        version__workflow=workflow, state__in=Enrolment.ON_THE_WAY
    )
    versions = workflow.versions.filter(pk__in=ways.values("version"))
    found = []
    for version in versions:
        with suppress(ConditionError):  # who is on its way waits until it is mended
            found.append(program_of(version))
    return found


def _match(known: Any, wanted: Collection[tuple[str, str]], owner: str) -> None:
    for row in known:
        if (row.kind, row.name) not in wanted:
            row.delete()
    EventSubscription.objects.bulk_create(
        [EventSubscription(kind=kind, name=name, owner=owner) for kind, name in wanted],
        ignore_conflicts=True,
    )
