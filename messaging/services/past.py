"""What another system sent before this one, written down as if it were our own."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch, MessageTemplate

ELSEWHERE = "elsewhere"


@transaction.atomic
def record_past_dispatch(
    *,
    template: MessageTemplate,
    received: QuerySet[Customer],
    held_out: QuerySet[Customer],
    source_key: str,
    series: str,
    name: str,
    at: datetime,
) -> Dispatch:
    """Write down whom a message went to `at` a time, and who was held out of it.

    Nothing is sent. It counts as received in its series, and its results are told as
    those of any dispatch. The same `source_key` again returns the same dispatch.
    Raises DomainError for a time to come, or for customers who stand in both groups.
    """
    if at > timezone.now():
        raise DomainError(_("What was sent already cannot lie in the future."))
    if received.filter(pk__in=held_out.order_by().values("pk")).exists():
        raise DomainError(_("A customer cannot have got it and be held out."))
    dispatch, is_new = Dispatch.objects.get_or_create(
        source_key=source_key,
        defaults={
            "template": template,
            "series": series,
            "name": name,
            "state": Dispatch.State.DONE,
            "created_at": at,
            "finished_at": at,
        },
    )
    if is_new:
        states = Delivery.State
        dispatch.audience_count = _write(
            dispatch, received, at, {"state": states.ACCEPTED, "reason": ""}
        ) + _write(
            dispatch,
            held_out,
            at,
            {"state": states.SKIPPED, "reason": Delivery.Reason.HOLDOUT},
        )
        dispatch.save(update_fields=["audience_count"])
    return dispatch


def _write(
    dispatch: Dispatch,
    customers: QuerySet[Customer],
    at: datetime,
    fate: dict[str, Any],
) -> int:
    chosen = customers.order_by().values("pk").query
    compiler = chosen.get_compiler(connection=connection, elide_empty=False)
    sql, values = compiler.as_sql()
    given = (
        dispatch.pk,
        dispatch.template.type,
        dispatch.lane,
        str(fate["state"]),
        str(fate["reason"]),
        at,
        at,
        at if fate["state"] == Delivery.State.ACCEPTED else None,
        ELSEWHERE,
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(chosen=sql), (*given, *values))
        return int(cursor.rowcount)


_INSERT = """
INSERT INTO deliveries
    (dispatch_id, customer_id, occurrence, channel, address, lane, state, reason,
     detail, due_at, attempt, created_at, accepted_at, provider, provider_id, updated_at)
SELECT %s, customers.id, 0, %s, btrim(customers.email), %s, %s, %s,
       '', %s, 0, %s, %s::timestamptz, %s, '', now()
FROM customers WHERE customers.id IN ({chosen}) ORDER BY customers.id
"""
