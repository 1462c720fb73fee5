"""What staff do with tasks: take them on, note something, be done with them."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import StaffTask, TaskComment
from automations.services.assigning import active_staff
from customers.models import Customer, MemberWish
from customers.services import close_wishes, reopen_wishes
from marketing_os.lib.errors import DomainError

LONGEST_COMMENT = 5_000
_DAYS_TO_ANSWER = 3
_Status = StaffTask.Status


def save_task(task: StaffTask) -> StaffTask:
    """Save a task that somebody wrote or edited; its assignee must be active staff."""
    _insist_on_staff(task.assignee)
    task.save()
    return task


def ask_staff(description: str, customer: Customer | None, source_key: str) -> None:
    """Make a task for whoever takes it, due in three days; once per source key."""
    due = timezone.localdate() + timedelta(days=_DAYS_TO_ANSWER)
    StaffTask.objects.bulk_create(
        [
            StaffTask(
                description=description,
                customer=customer,
                due_date=due,
                source_key=source_key,
            )
        ],
        ignore_conflicts=True,
    )


def start_tasks(ids: Collection[int]) -> list[int]:
    """Say that somebody is at these; return those that were still waiting."""
    return _move(ids, (_Status.PENDING,), status=_Status.IN_PROGRESS)


def complete_tasks(ids: Collection[int]) -> list[int]:
    """Say that these are done; return those that were open until now."""
    now = timezone.now()
    return _close(ids, status=_Status.COMPLETED, completed_at=now)


def cancel_tasks(ids: Collection[int]) -> list[int]:
    """Say that these need not be done; return those that were open until now."""
    return _close(ids, status=_Status.CANCELLED)


@transaction.atomic
def reopen_tasks(ids: Collection[int]) -> list[int]:
    """Say that these are to be done after all; return those that were closed."""
    closed = (_Status.COMPLETED, _Status.CANCELLED)
    moved = _move(ids, closed, status=_Status.PENDING, completed_at=None)
    reopen_wishes(_wishes_of(moved))
    return moved


def assign_tasks(ids: Collection[int], assignee: User | None) -> list[int]:
    """Give open tasks to a member of staff, or to nobody; return those given."""
    _insist_on_staff(assignee)
    return _move(ids, StaffTask.OPEN, assignee=assignee)


def comment_on_task(task: StaffTask, text: str, *, by: User) -> TaskComment:
    """Note something on a task; it stays as it was written."""
    text = text.strip()
    if not text:
        raise DomainError(_("Write what you want to note."))
    if len(text) > LONGEST_COMMENT:
        raise DomainError(
            _("A comment has up to %s characters.") % f"{LONGEST_COMMENT:,}"
        )
    return TaskComment.objects.create(task=task, author=by, text=text)


def wish_of(task: StaffTask) -> int:
    """Return the ID of the member's wish that a task is about; 0: it is about none."""
    kind, _colon, number = (task.source_key or "").partition(":")
    return int(number) if kind == MemberWish.TASKS and number.isdecimal() else 0


@transaction.atomic
def _close(ids: Collection[int], **changes: Any) -> list[int]:
    moved = _move(ids, StaffTask.OPEN, **changes)
    close_wishes(_wishes_of(moved))
    return moved


def _wishes_of(ids: Collection[int]) -> list[int]:
    asked = StaffTask.objects.filter(
        pk__in=ids, source_key__startswith=f"{MemberWish.TASKS}:"
    )
    return [pk for pk in map(wish_of, asked.order_by("pk")) if pk]


@transaction.atomic
def _move(ids: Collection[int], expected: Collection[str], **changes: Any) -> list[int]:
    """Change the tasks that are in one of the expected states; others are left."""
    found = StaffTask.objects.filter(pk__in=ids, status__in=expected)
    moved = list(found.order_by("pk").select_for_update().values_list("pk", flat=True))
    StaffTask.objects.filter(pk__in=moved).update(**changes)
    return moved


def _insist_on_staff(assignee: User | None) -> None:
    if assignee and not active_staff().filter(pk=assignee.pk).exists():
        raise DomainError(_("“%s” is not an active member of staff.") % assignee)
