"""Endpoints and their calls: made, taken by workers, settled, sent again."""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from automations.models import WebhookCall, WebhookEndpoint, Workflow
from automations.webhooks.addresses import check_url
from automations.webhooks.posting import Outcome
from automations.webhooks.signing import secret_of
from marketing_os.lib.retention import delete_old

# The pauses before the second, third … attempt; after the last one it is given up.
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# So many failures in a row let an endpoint rest, so that others get their turn.
_FAILURES, _REST = 5, timedelta(minutes=1)
_OLD_SECRET_LASTS = timedelta(hours=24)
_EACH = 4  # calls of one endpoint that are taken at a time
_State = WebhookCall.State


@dataclass(frozen=True)
class News:
    """What one call tells about one customer; `key` makes it one call."""

    customer_id: int
    key: str
    data: Mapping[str, Any]


def make_endpoint(name: str, url: str) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint and return it with its secret, which is shown once."""
    check_url(url)
    made = WebhookEndpoint.objects.create(name=name, url=url, salt=_salt())
    return made, secret_of(made)


def renew_secret(endpoint: WebhookEndpoint) -> str:
    """Give an endpoint a new secret; the old one signs too for 24 hours more."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        previous_salt=F("salt"),
        previous_until=timezone.now() + _OLD_SECRET_LASTS,
        salt=_salt(),
    )
    endpoint.refresh_from_db()
    return secret_of(endpoint)


def switch_endpoint(endpoint: WebhookEndpoint, *, on: bool) -> None:
    """Let calls go to an endpoint, or keep them; switched on it is tried at once."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        is_active=on, failures=0, rests_until=None
    )


def queue_calls(
    endpoint: WebhookEndpoint,
    event: str,
    news: Iterable[News],
    *,
    workflow: Workflow | None = None,
    now: datetime,
) -> None:
    """Write calls that are sent once this transaction is committed."""
    WebhookCall.objects.bulk_create(
        (
            WebhookCall(
                endpoint=endpoint,
                customer_id=one.customer_id,
                workflow=workflow,
                event=event,
                body=_body(event, now, one.data),
                source_key=one.key,
            )
            for one in news
        ),
        ignore_conflicts=True,
    )


_TAKE = """
UPDATE webhook_calls AS c SET attempts = attempts + 1, due_at = %(until)s
FROM (
    SELECT due.id FROM webhook_endpoints AS e CROSS JOIN LATERAL (
        SELECT id, due_at FROM webhook_calls
        WHERE endpoint_id = e.id AND state = 'pending' AND due_at <= %(now)s
        ORDER BY due_at LIMIT %(each)s FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE e.is_active AND (e.rests_until IS NULL OR e.rests_until <= %(now)s)
    ORDER BY due.due_at LIMIT %(limit)s
) AS taken WHERE c.id = taken.id RETURNING c.id
"""


def take_calls(now: datetime, limit: int) -> list[WebhookCall]:
    """Take calls that are due for the length of a lease, some of each endpoint."""
    # A worker that does not come back until then is taken for dead.
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    values: dict[str, Any] = {"now": now, "until": until, "each": _EACH, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(WebhookCall.objects.filter(pk__in=ids).select_related("endpoint"))


@transaction.atomic
def settle_call(call: WebhookCall, outcome: Outcome, now: datetime) -> bool:
    """Record what came of an attempt, unless another attempt began since then."""
    mine = WebhookCall.objects.filter(
        pk=call.pk, state=_State.PENDING, attempts=call.attempts
    )
    changes: dict[str, Any] = {
        "status_code": outcome.status_code,
        "error": outcome.error[:200],
    }
    if outcome.is_taken:
        changes |= {"state": _State.DELIVERED, "delivered_at": now}
    elif call.retries >= len(RETRIES) or outcome.status_code == 410:
        # 410: the receiver says that it is gone for good.
        changes["state"] = _State.FAILED
    else:
        changes |= {"retries": F("retries") + 1, "due_at": now + RETRIES[call.retries]}
    if not mine.update(**changes):
        return False
    _note_health(call.endpoint, outcome, now)
    return True


def resend_calls(ids: Collection[int]) -> int:
    """Let calls go out again under the IDs that they have; return how many.

    What was erased has nothing to send any more.
    """
    again = WebhookCall.objects.filter(pk__in=ids).exclude(body="")
    return again.update(
        state=_State.PENDING, due_at=timezone.now(), retries=0, delivered_at=None
    )


def delete_old_calls(*, seconds: float) -> int:
    """Delete calls older than WEBHOOK_CALL_DAYS, for so long; return how many.

    What is yet to be sent stays.
    """
    made = WebhookCall.objects.exclude(state=_State.PENDING)
    days = settings.WEBHOOK_CALL_DAYS
    return delete_old(made, "created_at", days, seconds=seconds)


def _note_health(endpoint: WebhookEndpoint, outcome: Outcome, now: datetime) -> None:
    health = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if outcome.is_taken:
        health.exclude(failures=0, rests_until=None).update(
            failures=0, rests_until=None
        )
        return
    health.update(failures=F("failures") + 1)
    health.filter(failures__gte=_FAILURES).update(rests_until=now + _REST)


def _body(event: str, now: datetime, data: Mapping[str, Any]) -> str:
    told = {"type": event, "timestamp": now.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _salt() -> str:
    return secrets.token_urlsafe(24)
