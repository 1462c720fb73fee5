"""What members ask of staff about their own data: asked for, closed, fulfilled."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Erasure, MemberWish
from customers.services.people import export_for_member
from marketing_os.lib.registry import registry

_Kind = MemberWish.Kind
# What staff read.
_TASKS = {
    _Kind.COPY: _("The member asks for a copy of their data."),
    _Kind.ERASE: _("The member asks to be erased: check who it is, then erase."),
}
# Enough for whoever loses a file, and too few to keep a server busy with.
MOST_FETCHES = 5


@transaction.atomic
def ask_for(customer: Customer, kind: MemberWish.Kind) -> None:
    """Let staff know what a member asks for; again while it is open changes nothing."""
    here = Customer.objects.active().select_for_update(no_key=True)
    if not here.filter(pk=customer.pk).exists():
        return
    wish, _is_new = MemberWish.objects.get_or_create(
        customer=customer, kind=kind, closed_at=None
    )
    for ask in registry.staff_requests:
        ask(str(_TASKS[kind]), customer, wish.task_key)


def close_wishes(ids: Collection[int]) -> None:
    """Say that nobody works on these any more."""
    MemberWish.objects.filter(pk__in=ids, closed_at=None).update(closed_at=Now())


def reopen_wishes(ids: Collection[int]) -> None:
    """Say that these are to be fulfilled after all, unless the member asked anew."""
    anew = MemberWish.objects.filter(
        customer=OuterRef("customer"), kind=OuterRef("kind"), closed_at=None
    )
    # One by one: only one of a kind may be open.
    for pk in ids:
        MemberWish.objects.filter(~Exists(anew), pk=pk).update(
            closed_at=None, fulfilled_at=None, fulfilled_by=None
        )


def fulfil_wish(wish: MemberWish, *, by: User | None) -> MemberWish:
    """Note that a wish is fulfilled, and return it as it is now."""
    now = {"closed_at": Now(), "fulfilled_at": Now(), "fulfilled_by": by}
    MemberWish.objects.filter(pk=wish.pk).update(**now)
    wish.refresh_from_db()
    return wish


def settle_wishes_of_erased(customer_id: int) -> list[MemberWish]:
    """Close the wishes of somebody who is being erased; return those that meant it."""
    wishes = MemberWish.objects.filter(customer=customer_id, closed_at=None)
    meant = list(wishes.filter(kind=_Kind.ERASE))
    erasure = Erasure.objects.filter(customer=customer_id).first()
    for wish in meant:
        fulfil_wish(wish, by=erasure.asked_by if erasure else None)
    wishes.update(closed_at=Now())
    return meant


def fetch_copy(wish: MemberWish) -> str | None:
    """Return the copy that a member was granted, as JSON; None: it was taken often.

    It is made anew each time, goes on record, and is kept nowhere.
    """
    granted = MemberWish.objects.filter(pk=wish.pk, fetches__lt=MOST_FETCHES)
    if not granted.update(fetches=F("fetches") + 1, fetched_at=Now()):
        return None
    by = wish.fulfilled_by
    return export_for_member(wish.customer, by.get_username() if by else "")
