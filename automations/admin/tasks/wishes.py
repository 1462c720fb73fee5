"""The part of a task's page by which a member's wish is fulfilled with one button."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from automations.admin.tasks.badges import name_of
from automations.models import StaffTask
from automations.services.fulfilling import hand_over_copy
from automations.services.tasks import wish_of
from customers.models import Customer, Erasure, MemberWish
from marketing_os.lib.errors import DomainError
from marketing_os.lib.hints import wake
from messaging.services.copies import copy_mail_of
from messaging.tasks import send_due_messages

if TYPE_CHECKING:
    from automations.admin.tasks.list import StaffTaskAdmin

_PERMISSIONS = {
    MemberWish.Kind.COPY: "customers.export_personal_data",
    MemberWish.Kind.ERASE: "customers.erase_customer",
}


def wish_context(request: HttpRequest, task: StaffTask) -> dict[str, Any] | None:
    """Return what the page says of the wish that a task is about; None: of none."""
    wish = (
        MemberWish.objects.filter(pk=wish_of(task), customer=task.customer_id)
        .select_related("customer", "fulfilled_by")
        .first()
    )
    if wish is None:
        return None
    permission = _PERMISSIONS[MemberWish.Kind(wish.kind)]
    is_copy = wish.kind == MemberWish.Kind.COPY
    days = timedelta(days=settings.MEMBER_COPY_DAYS)
    return {
        "wish": wish,
        "is_copy": is_copy,
        "is_open": task.is_open and wish.closed_at is None,
        "by": name_of(wish.fulfilled_by),
        "may": request.user.has_perm(permission),
        "days": settings.MEMBER_COPY_DAYS,
        "until": wish.fulfilled_at + days if wish.fulfilled_at else None,
        "mail": copy_mail_of(wish) if is_copy else None,
        "erasure": None if is_copy else _erasure_of(wish.customer),
        "erase_url": _erase_url(task),
    }


def hand_over(
    model_admin: "StaffTaskAdmin", request: HttpRequest, task: StaffTask
) -> HttpResponse:
    """Send the member a link to their copy; pressed twice, it is sent once."""
    if not request.user.has_perm(_PERMISSIONS[MemberWish.Kind.COPY]):
        raise PermissionDenied
    try:
        hand_over_copy(task, by=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(task.get_absolute_url())
    wake(send_due_messages)
    model_admin.tell(request, [task.pk], _("The link to the copy was sent."))
    LogEntry.objects.log_actions(
        request.user.pk,  # type: ignore[arg-type]
        # Without the name, which the log would keep.
        [Customer(pk=task.customer_id)],
        CHANGE,
        change_message="A copy of all that is held was granted to the member.",
    )
    return HttpResponseRedirect(task.get_absolute_url())


def _erasure_of(customer: Customer) -> Erasure | None:
    found = Erasure.objects.filter(customer=customer).select_related("asked_by")
    return found.first()


def _erase_url(task: StaffTask) -> str:
    query = {"id": str(task.customer_id), "next": task.get_absolute_url()}
    return f"{reverse('admin:customers_customer_erase')}?{urlencode(query)}"
