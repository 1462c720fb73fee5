"""Fulfilling what members ask of staff about their own data, from the task about it."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from automations.models import StaffTask
from automations.services.tasks import comment_on_task, complete_tasks, wish_of
from customers.models import Customer, MemberWish
from customers.services import fulfil_wish, settle_wishes_of_erased
from customers.services.people import insist
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery
from messaging.services.copies import mail_copy


@transaction.atomic
def hand_over_copy(task: StaffTask, *, by: User) -> Delivery:
    """Mail the member a link to a copy of their data, and complete the task; once.

    Raises PermissionDenied unless `by` may export personal data, and DomainError when
    the task is closed by now, is about something else, or the mail cannot go.
    """
    insist(by, "customers.export_personal_data")
    # The customer's row before the task's, as an erasure locks them.
    here = Customer.objects.active().select_for_update(no_key=True)
    is_here = here.filter(pk=task.customer_id or 0).exists()
    wish = MemberWish.objects.filter(
        pk=wish_of(task),
        kind=MemberWish.Kind.COPY,
        customer=task.customer_id,
        closed_at=None,
    ).first()
    if not complete_tasks([task.pk]):
        raise DomainError(_("This task was closed meanwhile. Nothing was sent."))
    if wish is None or not is_here:
        raise DomainError(_("There is no such wish of this member any more."))
    delivery = mail_copy(fulfil_wish(wish, by=by))
    words = _("The member was sent a link to a copy of their data: message %s.")
    comment_on_task(task, words % delivery.pk, by=by)
    return delivery


def settle_tasks_of_erased(customer_id: int) -> None:
    """Close the tasks about somebody who is being erased, and empty what they said.

    The one that asked for the erasure is done; the others need not be done any more.
    """
    tasks = StaffTask.objects.filter(customer=customer_id)
    list(tasks.open().order_by("pk").select_for_update())
    done = [wish.task_key for wish in settle_wishes_of_erased(customer_id)]
    asked = tasks.open().filter(source_key__in=done)
    asked.update(status=StaffTask.Status.COMPLETED, completed_at=Now())
    tasks.open().update(status=StaffTask.Status.CANCELLED)
    tasks.update(description="–")
    of_wishes = f"{MemberWish.TASKS}:"
    tasks.exclude(source_key__startswith=of_wishes).update(source_key=None)
