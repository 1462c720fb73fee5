"""Append what happened, through the import engine."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from customers.models import Customer
from imports.services import RowResult, ingest_rows
from marketing_os.lib.errors import DomainError


def record_move(
    customer: Customer,
    *,
    funnel_type: str,
    to_stage: str,
    source: str,
    from_stage: str = "",
    at: datetime | None = None,
    external_id: str = "",
) -> int:
    """Append a customer's move to a stage and return the event's id.

    The same external_id twice is one event. Raises DomainError with the reason when
    it is refused.
    """
    row = {
        "customer_id": customer.pk,
        "funnel_type": funnel_type,
        "from_stage": from_stage,
        "to_stage": to_stage,
        "created_date": at,
        "external_id": external_id,
    }
    return _append("funnel_events", row, source)


def record_activity(
    customer: Customer,
    name: str,
    *,
    source: str,
    at: datetime | None = None,
    amount: Decimal | None = None,
    properties: Mapping[str, Any] | None = None,
    external_id: str = "",
) -> int:
    """Append something that a customer did and return the activity's id.

    The same external_id twice is one activity. Raises DomainError with the reason
    when it is refused.
    """
    row = {
        "customer_id": customer.pk,
        "name": name,
        "occurred_at": at,
        "amount": amount,
        "properties": dict(properties) if properties else None,
        "external_id": external_id,
    }
    return _append("activities", row, source)


def _append(target: str, row: dict[str, Any], source: str) -> int:
    given = {name: value for name, value in row.items() if value not in (None, "")}
    result: RowResult = ingest_rows(target, [given], source=source)[0]
    if result.id is None:
        raise DomainError(" ".join(reason for _, reason in result.errors))
    return result.id
