"""What a mail provider reports about deliveries, and what follows from it.

Reports come more than once, in any order, and sometimes before our own record of the
sending is committed. So each is kept under the provider's ID for it, takes effect when
its delivery is known and no longer being sent, and moves a delivery forward only.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Lower, Now
from django.utils.translation import gettext as _

from messaging.models import Delivery, DeliveryEvent, Suppression
from messaging.services import history
from messaging.services.suppressions import suppress
from messaging.services.telling import tell
from messaging.services.tracking import PERSON, note_reported
from messaging.services.unsubscribing import unsubscribe

_State = Delivery.State
_VISITS = (history.OPENED, history.CLICKED)
# A report about a mail that this product did not send never finds its delivery.
KEEP_WAITING = timedelta(days=7)


@dataclass(frozen=True)
class Report:
    """One thing that a provider says of one mail.

    `message_id` is the provider's name for the mail, `delivery_id` ours if the report
    repeats our Message-ID.
    """

    kind: str
    event_id: str
    message_id: str
    delivery_id: int | None
    occurred_at: datetime
    is_hard: bool = False
    detail: str = ""
    agent: str = ""
    url: str = ""


# Each state is reached only from those that say less, whatever comes first.
_ORDER = (
    _State.UNKNOWN,
    _State.ACCEPTED,
    _State.REJECTED,
    _State.DELIVERED,
    _State.BOUNCED,
    _State.COMPLAINED,
)
_LEADS_TO = {
    history.SENT: _State.ACCEPTED,
    history.FAILED: _State.REJECTED,
    history.DELIVERED: _State.DELIVERED,
    history.BOUNCED: _State.BOUNCED,
    history.COMPLAINED: _State.COMPLAINED,
}


@transaction.atomic
def record_reports(provider: str, reports: Sequence[Report]) -> None:
    """Keep reports, each once, and let take effect those whose delivery is known."""
    reports = [report for report in reports if _may_be_kept(report)]
    named = {one.delivery_id for one in reports if one.delivery_id is not None}
    known = set(Delivery.objects.filter(pk__in=named).values_list("pk", flat=True))
    DeliveryEvent.objects.bulk_create(
        [
            DeliveryEvent(
                delivery_id=report.delivery_id if report.delivery_id in known else None,
                provider=provider,
                provider_event_id=report.event_id,
                provider_id=report.message_id,
                kind=report.kind,
                data=_data(report),
                occurred_at=report.occurred_at,
                waits=True,
            )
            for report in reports
        ],
        ignore_conflicts=True,
    )
    _settle({report.event_id for report in reports})


@transaction.atomic
def settle_reports(limit: int = 1000) -> int:
    """Let waiting reports take effect whose delivery is known by now; count them."""
    waiting = DeliveryEvent.objects.filter(waits=True).order_by("-id")[:limit]
    return _settle(set(waiting.values_list("provider_event_id", flat=True)))


def forget_strange_reports() -> int:
    """Delete reports that waited for a week; they are about mails of others."""
    forgotten, _details = DeliveryEvent.objects.filter(
        waits=True, delivery=None, received_at__lt=Now() - KEEP_WAITING
    ).delete()
    return forgotten


def _may_be_kept(report: Report) -> bool:
    """Say whether a report adds to what our own links tell, and is allowed to."""
    if report.kind not in _VISITS:
        return True
    is_ours = report.url.startswith(f"{settings.SITE_URL}/l/")
    return settings.TRACKING == PERSON and not is_ours


def _data(report: Report) -> dict[str, str | bool]:
    told: dict[str, str | bool] = {
        "detail": report.detail,
        "hard": report.is_hard,
        "agent": report.agent,
        "url": report.url,
    }
    return {name: value for name, value in told.items() if value}


def _settle(event_ids: Collection[str | None]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, [list(event_ids)])
    events = (
        DeliveryEvent.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(provider_event_id__in=event_ids, waits=True, delivery__isnull=False)
        .exclude(delivery__state=_State.SENDING)
        .select_related("delivery__customer")
        # All take the rows of deliveries in one order, so that none waits in a ring.
        .order_by("delivery_id", "id")
    )
    settled = [event.pk for event in events if _apply(event, event.delivery)]
    DeliveryEvent.objects.filter(pk__in=settled).update(waits=False)
    return len(settled)


def _apply(event: DeliveryEvent, delivery: Delivery | None) -> bool:
    assert delivery is not None
    if delivery.customer.erased_at is not None:
        _forget_words(event)
    _move(event, delivery)
    if event.kind == history.BOUNCED:
        tell([event])
    detail = event.data.get("detail", "")
    if event.kind == history.COMPLAINED:
        _suppress(delivery, Suppression.Reason.COMPLAINT, detail)
    elif event.kind == history.BOUNCED and event.data.get("hard"):
        _suppress(delivery, Suppression.Reason.HARD_BOUNCE, detail)
    elif event.kind == history.BOUNCED and _bounced_too_often(delivery):
        _suppress(delivery, Suppression.Reason.SOFT_BOUNCES, detail)
    elif event.kind in _VISITS:
        note_reported(event, delivery)
    elif event.kind == history.UNSUBSCRIBED:
        unsubscribe(delivery, evidence=_("reported by %s") % event.provider)
    return True


def _forget_words(event: DeliveryEvent) -> None:
    """Keep of a report about an erased customer only what figures need."""
    event.data = {"hard": True} if event.data.get("hard") else {}
    event.provider_id = ""
    event.save(update_fields=["data", "provider_id"])


def _move(event: DeliveryEvent, delivery: Delivery) -> None:
    state = _LEADS_TO.get(event.kind)
    if state is None:
        return
    refused = state == _State.REJECTED
    Delivery.objects.filter(
        pk=delivery.pk, state__in=_ORDER[: _ORDER.index(state)]
    ).update(
        state=state,
        reason=Delivery.Reason.PROVIDER_REFUSED if refused else Delivery.Reason.NONE,
        detail=event.data.get("detail", "") if state != _State.DELIVERED else "",
        provider_id=event.provider_id or F("provider_id"),
        accepted_at=Coalesce("accepted_at", event.occurred_at),
        lease_token=None,
        lease_until=None,
        updated_at=Now(),
    )


def _suppress(delivery: Delivery, reason: str, detail: str) -> None:
    # An erased customer's delivery no longer says where it went.
    if delivery.address:
        words = _("Message #%(number)s. %(detail)s")
        suppress(
            delivery.address,
            reason,
            detail=words % {"number": delivery.pk, "detail": detail},
        )


def _bounced_too_often(delivery: Delivery) -> bool:
    """Say whether the last mails to the address, so many as the setting says, bounced."""
    limit = settings.SOFT_BOUNCE_LIMIT
    if not limit or not delivery.address:
        return False
    ended = (_State.DELIVERED, _State.BOUNCED, _State.COMPLAINED)
    last = (
        Delivery.objects.annotate(mailbox=Lower("address"))
        .filter(mailbox=delivery.address.lower(), state__in=ended)
        .order_by("-id")
        .values_list("state", flat=True)[:limit]
    )
    states = list(last)
    return len(states) == limit and set(states) == {_State.BOUNCED}


# What an SMTP server or the mailbox answered is no ID.
_JOIN = """
UPDATE delivery_events SET delivery_id = deliveries.id
FROM deliveries
WHERE delivery_events.provider_event_id = ANY(%s)
  AND delivery_events.waits AND delivery_events.delivery_id IS NULL
  AND delivery_events.provider_id <> ''
  AND deliveries.provider_id <> ''
  AND deliveries.provider_id = delivery_events.provider_id
  AND deliveries.provider NOT IN ('smtp', 'mailbox')
"""
