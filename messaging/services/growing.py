"""Dispatches that grow: customers are added one after the other, as long as it lives.

What asks for such a dispatch numbers its wishes; each number is one message to one
customer, however often it is asked for.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg import sql

from customers.models import Customer
from imports.database import execute, fetch, numbers
from messaging.models import (
    Delivery,
    Dispatch,
    MessageTemplate,
    MessageTemplateVersion,
)
from messaging.services.audiences import sendable_version
from messaging.services.caps import refused
from messaging.services.content import Notice, fingerprint, is_marketing, notice_of
from messaging.services.judging import Judged, Wanted
from messaging.services.pacing import pace_now
from messaging.templating.context import merge_values
from messaging.templating.render import RENDERER_VERSION, RenderError

_Channel = MessageTemplate.Channel


@dataclass(frozen=True)
class Added:
    """The delivery that was made for a wish, or the `problem` that kept it from it."""

    delivery_id: int | None = None
    state: str = ""
    reason: str = ""
    problem: str = ""


def growing_dispatch(
    *,
    template: MessageTemplate,
    source_key: str,
    series: str,
    name: str,
    context: Mapping[str, Any],
    lane: int = Dispatch.Lane.WORKFLOW,
) -> Dispatch:
    """Return the dispatch of a source key, made if need be and open for customers."""
    dispatch, _is_new = Dispatch.objects.get_or_create(
        source_key=source_key,
        defaults={
            "template": template,
            "series": series,
            "name": name,
            "lane": lane,
            "context": dict(context),
            "state": Dispatch.State.SENDING,
            "grows": True,
        },
    )
    if not dispatch.grows:
        Dispatch.objects.filter(pk=dispatch.pk).update(grows=True)
        Dispatch.objects.filter(pk=dispatch.pk, state=Dispatch.State.DONE).update(
            state=Dispatch.State.SENDING, finished_at=None
        )
        dispatch.refresh_from_db()
    return dispatch


@transaction.atomic
def add_mails(dispatch: Dispatch, wanted: Sequence[Wanted]) -> dict[int, Added]:
    """Let customers get the mail of a growing dispatch, as far as the rules allow.

    Returns what was decided by occurrence; what is there already stays as it is.
    Customers with one address each get theirs: it is about them. Raises DomainError
    when the template cannot be sent.
    """
    version = sendable_version(dispatch.template)
    _judged(dispatch, version, wanted).add(dispatch, wanted, Delivery.State.PENDING)
    return _found(dispatch, wanted)


@transaction.atomic
def add_notifications(dispatch: Dispatch, wanted: Sequence[Wanted]) -> dict[int, Added]:
    """Put the message of a growing dispatch among customers' notifications, at once.

    As `add_mails`; it is written before the transaction ends, so nothing waits.
    """
    version = sendable_version(dispatch.template, _Channel.IN_APP)
    made, problems = _written(dispatch, version, wanted)
    rendered = [one for one in wanted if one.occurrence in made]
    judged = _judged(dispatch, version, rendered)
    judged.add(dispatch, rendered, Delivery.State.ACCEPTED)
    _skip_over_caps(dispatch, version, rendered)
    _deliver(dispatch, version, rendered, made)
    return _found(dispatch, rendered) | problems


@transaction.atomic
def stop_growing(dispatch: Dispatch) -> None:
    """Add nobody any more; the dispatch is done as soon as nothing of it waits."""
    Dispatch.objects.filter(pk=dispatch.pk).update(
        grows=False, audience_count=dispatch.deliveries.count()
    )


def _judged(
    dispatch: Dispatch, version: MessageTemplateVersion, wanted: Sequence[Wanted]
) -> Judged:
    people = {one.customer_id for one in wanted}
    audience = Customer.objects.filter(pk__in=people)
    return Judged(version, audience, dispatch.series, personal=True)


# The deliveries of a `wish`, one probe of the unique index for each.
_DELIVERIES = sql.SQL(
    " JOIN deliveries d ON d.dispatch_id = {} AND d.customer_id = wish.customer_id"
    " AND d.occurrence = wish.occurrence"
)


def _found(dispatch: Dispatch, wanted: Sequence[Wanted]) -> dict[int, Added]:
    rows = fetch(
        sql.SQL(
            "SELECT d.occurrence, d.id, d.state, d.reason FROM unnest({}, {})"
            " AS wish (customer_id, occurrence)"
        ).format(
            numbers(one.customer_id for one in wanted),
            numbers(one.occurrence for one in wanted),
        )
        + _DELIVERIES.format(sql.Literal(dispatch.pk))
    )
    return {occurrence: Added(*rest) for occurrence, *rest in rows}


def _written(
    dispatch: Dispatch, version: MessageTemplateVersion, wanted: Sequence[Wanted]
) -> tuple[dict[int, Notice], dict[int, Added]]:
    """Fill in the notification of each customer, or say why it cannot be."""
    values = merge_values([one.customer_id for one in wanted])
    made, problems = {}, {}
    for one in wanted:
        own = values.get(one.customer_id, {}) | dispatch.context | (one.context or {})
        try:
            made[one.occurrence] = notice_of(version, own)
        except RenderError as error:
            problems[one.occurrence] = Added(problem=str(error))
    return made, problems


def _skip_over_caps(
    dispatch: Dispatch, version: MessageTemplateVersion, wanted: Sequence[Wanted]
) -> None:
    """Skip what a frequency cap has no room for: a notification cannot wait for it."""
    caps = pace_now().caps if is_marketing(version) else None
    if not caps:
        return
    accepted = Delivery.objects.filter(
        pk__in=[one.delivery_id for one in _found(dispatch, wanted).values()],
        state=Delivery.State.ACCEPTED,
        notification=None,
    )
    over = [one.pk for one, _wait in refused(caps, list(accepted))]
    Delivery.objects.filter(pk__in=over).update(
        state=Delivery.State.SKIPPED,
        reason=Delivery.Reason.FREQUENCY_CAP,
        accepted_at=None,
        provider="",
    )


_DELIVER = """
WITH mine AS MATERIALIZED (
    SELECT d.id, wish.*
    FROM jsonb_to_recordset({wishes}::jsonb) AS wish (customer_id bigint,
        occurrence bigint, title text, message text, action_url text, made_of jsonb,
        sha256 text)
    {deliveries}
    WHERE d.state = 'accepted'
      AND NOT EXISTS (SELECT FROM notifications n WHERE n.delivery_id = d.id)
    ORDER BY d.id
),
told AS (
    INSERT INTO notifications (member_id, delivery_id, title, message, icon, action_url)
    SELECT customer_id, id, title, message, {icon}, action_url FROM mine
)
INSERT INTO delivery_contents (delivery_id, version_id, renderer_version, merge_values,
    sha256)
SELECT id, {version}, {renderer}, made_of, sha256 FROM mine
"""


def _deliver(
    dispatch: Dispatch,
    version: MessageTemplateVersion,
    wanted: Sequence[Wanted],
    made: Mapping[int, Notice],
) -> None:
    icon = version.source.get("icon") or version.template.icon
    wishes = [_told(one, made[one.occurrence]) for one in wanted]
    execute(
        sql.SQL(_DELIVER).format(
            wishes=sql.Literal(json.dumps(wishes)),
            deliveries=_DELIVERIES.format(sql.Literal(dispatch.pk)),
            icon=sql.Literal(icon[:50]),
            version=sql.Literal(version.pk),
            renderer=sql.Literal(RENDERER_VERSION),
        )
    )


def _told(one: Wanted, notice: Notice) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id,
        "occurrence": one.occurrence,
        "title": notice.rendered.subject[:255] or _("Notification"),
        "message": notice.rendered.text,
        "action_url": notice.rendered.action_url,
        "made_of": notice.values,
        "sha256": fingerprint(notice.rendered),
    }
