"""All that is held about one customer, in every app: handed over, or erased."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from marketing_os.lib.models import ExportRecord
from marketing_os.lib.personal_data import Person
from marketing_os.lib.registry import registry

# What an app holds: rows by kind.
Held = dict[str, dict[str, Any]]


def export_customer(customer: Customer, *, by: User | None) -> str:
    """Return all that is held about a customer as JSON: {app: {kind: [row, …]}}.

    Goes on record. Raises PermissionDenied unless `by` may export personal data.
    """
    _insist(by, "customers.export_personal_data")
    held = _held(customer)
    now = timezone.now()
    ExportRecord.objects.create(
        what=f"all about customer {customer.pk}",
        by=by.get_username() if by else "command",
        file_format="json",
        columns=[*held],
        row_count=sum(_counts(held).values()),
        finished_at=now,
    )
    document = {"collected_at": now, **held}
    return json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def count_held(customer: Customer) -> dict[str, int]:
    """Count the rows that tell something about a customer, by kind."""
    return {kind: count for kind, count in _counts(_held(customer)).items() if count}


@transaction.atomic
def erase_customer(customer: Customer, *, by: User | None) -> None:
    """Forget who a customer is, in every app; that they were there is still counted.

    All or nothing; again for one who is erased already forgets what came since.
    Raises PermissionDenied unless `by` may erase.
    """
    _insist(by, "customers.erase_customer")
    person = _person(customer)
    for forget in registry.erasers.values():
        forget(person)


def others_with_address(customer: Customer) -> list[Customer]:
    """List other customers who have the same e-mail address."""
    if not customer.email:
        return []
    same = Customer.objects.active().filter(email__iexact=customer.email)
    return list(same.exclude(pk=customer.pk)[:20])


def _person(customer: Customer) -> Person:
    own = [customer.email] if customer.email else []
    found = [*own, *(text for ask in registry.addresses for text in ask(customer))]
    return Person(customer, tuple(sorted({text.strip().lower() for text in found})))


def _held(customer: Customer) -> Held:
    person = _person(customer)
    return {name: describe(person) for name, describe in registry.exporters.items()}


def _counts(held: Held) -> dict[str, int]:
    return {kind: len(rows) for kinds in held.values() for kind, rows in kinds.items()}


def _insist(by: User | None, permission: str) -> None:
    if by is not None and not by.has_perm(permission):
        raise PermissionDenied
