"""Copy workflows, put them away and take them out again, and delete what nobody used."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations.models import Enrolment, Workflow
from automations.services.workflows import save_workflow
from automations.workflows.leaving_out import forget_all
from marketing_os.lib.errors import DomainError

_COPIED = (
    "description",
    "trigger",
    "steps",
    "cooldown_period_days",
    "context",
    "reentry",
    "goal",
    "exit_conditions",
    "at_unsubscribe",
    "check_hour",
    "timezone",
)
_LONGEST_NAME = 200


def duplicate(workflow: Workflow, *, by: User | None = None) -> Workflow:
    """Make a copy under a name of its own, which is not enabled and has no people."""
    copied = {name: getattr(workflow, name) for name in _COPIED}
    return save_workflow(Workflow(name=_free_name(workflow.name), **copied), by=by)


@transaction.atomic
def archive(workflow: Workflow, *, by: User | None = None) -> Workflow:
    """Put a workflow away; raises DomainError while it lets members in or has some.

    Archiving it twice is archiving it once.
    """
    workflow = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if workflow.is_enabled:
        raise DomainError(
            _("“%s” is enabled. Disable it before you archive it.") % workflow
        )
    on_the_way = Enrolment.objects.filter(
        version__workflow=workflow, state__in=Enrolment.ON_THE_WAY
    ).count()
    if on_the_way:
        raise DomainError(
            ngettext(
                "%(count)s person is still on the way in “%(name)s”.",
                "%(count)s people are still on the way in “%(name)s”.",
                on_the_way,
            )
            % {"count": f"{on_the_way:,}", "name": workflow}
        )
    workflow.archived_at = workflow.archived_at or timezone.now()
    return _save(workflow, by)


@transaction.atomic
def unarchive(workflow: Workflow, *, by: User | None = None) -> Workflow:
    """Take a workflow out again; it is not enabled."""
    workflow = Workflow.objects.select_for_update().get(pk=workflow.pk)
    workflow.archived_at = None
    return _save(workflow, by)


@transaction.atomic
def delete_workflow(workflow: Workflow, *, by: User | None = None) -> None:
    """Delete a workflow that nobody ever entered; raises DomainError otherwise."""
    workflow = Workflow.objects.select_for_update().get(pk=workflow.pk)
    insist_on_unused(workflow)
    forget_all(workflow)
    workflow._history_user = by  # type: ignore[attr-defined]
    workflow.current_version = None
    Workflow.objects.filter(pk=workflow.pk).update(current_version=None)
    workflow.delete()


def insist_on_unused(workflow: Workflow) -> None:
    """Raise DomainError with what still stands on the workflow, and what to do."""
    if workflow.is_enabled:
        raise DomainError(
            _("“%s” is enabled. Disable it before you delete it.") % workflow
        )
    if uses := uses_of(workflow):
        raise DomainError(
            _("“%(name)s” cannot be deleted: %(uses)s. Archive it instead.")
            % {"name": workflow, "uses": ", ".join(uses)}
        )


def uses_of(workflow: Workflow) -> list[str]:
    """Say in words what refers to a workflow: who went through it, and its log."""
    went_in = workflow.enrolments.exclude(state=Enrolment.State.LEFT_OUT)
    entered, logged = went_in.count(), workflow.logs.count()
    found = []
    if entered:
        words = ngettext("%s enrolment", "%s enrolments", entered)
        found.append(words % f"{entered:,}")
    if logged:
        words = ngettext("%s line in the log", "%s lines in the log", logged)
        found.append(words % f"{logged:,}")
    return found


def _save(workflow: Workflow, by: User | None) -> Workflow:
    workflow._history_user = by  # type: ignore[attr-defined]
    workflow.save(update_fields=["archived_at", "updated_at"])
    return workflow


def _free_name(name: str) -> str:
    """Return the name of a copy that no workflow has yet."""
    number = 1
    while True:
        tail = _(" (copy)") if number == 1 else _(" (copy %s)") % number
        wanted = name[: _LONGEST_NAME - len(tail)] + tail
        if not Workflow.objects.filter(name=wanted).exists():
            return wanted
        number += 1
