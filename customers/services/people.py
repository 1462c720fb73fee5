"""All that is held about one customer, in every app: counted and handed over."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from customers.models import Customer
from marketing_os.lib.models import ExportRecord
from marketing_os.lib.personal_data import PASSED_OVER, Person, Searched
from marketing_os.lib.registry import registry

# What an app holds: rows by kind.
Held = dict[str, dict[str, Any]]


def export_customer(customer: Customer, *, by: User | None) -> str:
    """Return all that is held about a customer as JSON: {app: {kind: [row, …]}}.

    Goes on record. Raises PermissionDenied unless `by` may export personal data.
    """
    insist(by, "customers.export_personal_data")
    return _document(customer, by.get_username() if by else "command")


def export_for_member(customer: Customer, granted_by: str) -> str:
    """Return the same for the customer, as a member of staff granted; on record too."""
    return _document(customer, f"the customer, granted by {granted_by or 'nobody'}")


def _document(customer: Customer, by: str) -> str:
    held = _held(person_of(customer))
    now = timezone.now()
    ExportRecord.objects.create(
        what=f"all about customer {customer.pk}",
        by=by,
        file_format="json",
        columns=[*held],
        row_count=sum(_counts(held).values()),
        finished_at=now,
    )
    document = {"collected_at": now, **held}
    return json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def count_held(customer: Customer) -> dict[str, int]:
    """Count the rows that tell something about a customer, by kind.

    What takes long to search, such as uploaded files, is passed over.
    """
    quick = dict.fromkeys(registry.searches, PASSED_OVER)
    held = _held(person_of(customer, quick))
    return {kind: count for kind, count in _counts(held).items() if count}


def others_with_address(customer: Customer) -> list[Customer]:
    """List other customers who have the same e-mail address."""
    if not customer.email:
        return []
    same = Customer.objects.active().filter(email__iexact=customer.email)
    return list(same.exclude(pk=customer.pk)[:20])


def person_of(
    customer: Customer, searched: Mapping[str, Searched] | None = None
) -> Person:
    """Gather what tells elsewhere that a customer is meant."""
    own = [customer.email] if customer.email else []
    found = [*own, *(text for ask in registry.addresses for text in ask(customer))]
    addresses = tuple(sorted({text.strip().lower() for text in found}))
    return Person(customer, addresses, searched or {})


def _held(person: Person) -> Held:
    return {name: describe(person) for name, describe in registry.exporters.items()}


def _counts(held: Held) -> dict[str, int]:
    return {kind: len(rows) for kinds in held.values() for kind, rows in kinds.items()}


def insist(by: User | None, permission: str) -> None:
    """Raise PermissionDenied unless `by` has the permission; None is the command line."""
    if by is not None and not by.has_perm(permission):
        raise PermissionDenied
