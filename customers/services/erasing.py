"""Erasing a customer: searched for first, thing by thing, then forgotten at once.

The wish is a row, so that it is never forgotten half-way: a search that breaks off goes
on where it was, and what is forgotten is forgotten in one transaction.
"""

import logging
import math
import time
from dataclasses import asdict
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from customers.models import Customer, Erasure
from customers.services.people import insist, person_of
from marketing_os.lib.personal_data import Searched
from marketing_os.lib.registry import registry

logger = logging.getLogger(__name__)

# A worker that was silent for so long is taken for dead.
_LEASE = timedelta(minutes=2)


def request_erasure(customer: Customer, *, by: User | None) -> Erasure:
    """Have a worker forget who a customer is; again for one who waits changes nothing.

    Raises PermissionDenied unless `by` may erase.
    """
    insist(by, "customers.erase_customer")
    wish, is_new = Erasure.objects.get_or_create(
        customer=customer, defaults={"asked_by": by}
    )
    if not is_new and wish.finished_at is not None:
        wish = Erasure(customer=customer, asked_by=by, asked_at=timezone.now())
        wish.save(force_update=True)
    return wish


def erase_customer(customer: Customer, *, by: User | None) -> None:
    """Forget who a customer is, in every app; that they were there is still counted.

    Once what takes long is searched, all or nothing; again for one who is erased already
    forgets what came since. Raises PermissionDenied unless `by` may erase.
    """
    wish = request_erasure(customer, by=by)
    _search(wish, math.inf)
    _forget(wish)


def next_erasures() -> list[int]:
    """List the customers whose erasure waits for a worker, the oldest wish first."""
    silent = Q(claimed_at=None) | Q(claimed_at__lt=timezone.now() - _LEASE)
    waiting = Erasure.objects.filter(silent, finished_at=None)
    return list(waiting.order_by("asked_at").values_list("pk", flat=True))


def work_on_erasure(pk: int, *, seconds: float) -> None:
    """Search, and then forget, until done or until `seconds` are over.

    A fault is logged, and the next worker goes on.
    """
    silent = Q(claimed_at=None) | Q(claimed_at__lt=timezone.now() - _LEASE)
    mine = Erasure.objects.filter(silent, pk=pk, finished_at=None)
    if not mine.update(claimed_at=timezone.now()):
        return
    wish = Erasure.objects.get(pk=pk)
    try:
        if _search(wish, time.monotonic() + seconds):
            _forget(wish)
    except Exception:
        logger.exception("The erasure of customer %s broke off; it goes on.", pk)
    Erasure.objects.filter(pk=pk).update(claimed_at=None)


def _search(wish: Erasure, deadline: float) -> bool:
    """Search further until all is searched; False when the time is over before."""
    for app, search in registry.searches.items():
        while found := search(person_of(wish.customer, _searched(wish))):
            wish.searched[app] = asdict(found)
            wish.claimed_at = timezone.now()
            wish.save(update_fields=["searched", "claimed_at"])
            if time.monotonic() >= deadline:
                return False
    return True


def _searched(wish: Erasure) -> dict[str, Searched]:
    return {
        app: Searched(found["place"], tuple(found["found"]))
        for app, found in wish.searched.items()
    }


def _forget(wish: Erasure) -> None:
    """Forget in one transaction; the wish stays until what follows a commit is done,
    such as the deletion of files."""
    with transaction.atomic():
        wish = Erasure.objects.select_for_update(of=("self",)).get(pk=wish.pk)
        person = person_of(wish.customer, _searched(wish))
        for forget in registry.erasers.values():
            forget(person)
    Erasure.objects.filter(pk=wish.pk).update(finished_at=timezone.now(), searched={})
