"""What becomes of the links and the picture of a mail that is tracked.

How much is known of a visit is a setting: nothing, how often each link of a dispatch
was followed, or by whom. A mail's token holds no more than that: the delivery's number
with TRACKING=person, only the dispatch's with TRACKING=anonymous.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from marketing_os.lib.tokens import make_token, read_token
from messaging.models import (
    Delivery,
    DeliveryContent,
    DeliveryEvent,
    Dispatch,
    TrackedLink,
)
from messaging.services import history, machines
from messaging.services.machines import Visit
from messaging.services.telling import take_back, tell
from messaging.templating.links import link_problem
from messaging.templating.render import RenderError, render_link
from messaging.templating.runtime import Route
from messaging.templating.tracked import with_parameters

logger = logging.getLogger(__name__)

OFF, ANONYMOUS, PERSON = "off", "anonymous", "person"
MODES = (OFF, ANONYMOUS, PERSON)
PURPOSE = "link"
_OF_DISPATCH, _OF_DELIVERY = 0, 1
# A mailbox that shows a mail often tells nothing new, and a flood must end somewhere.
EVENTS_PER_LINK = 20


@dataclass(frozen=True)
class _Mail:
    """The mail that a token names; without `delivery` only the dispatch is known."""

    version_id: int
    dispatch: Dispatch
    delivery: Delivery | None = None


def link_token(delivery: Delivery, version_id: int) -> str:
    """Return what the links of a delivery's mail are known by, "" if untracked."""
    if settings.TRACKING == PERSON:
        return make_token(PURPOSE, _OF_DELIVERY, delivery.pk, version_id)
    if settings.TRACKING == ANONYMOUS:
        return make_token(PURPOSE, _OF_DISPATCH, delivery.dispatch_id, version_id)
    return ""


def new_route(token: str, dispatch: Dispatch) -> Route:
    """Return where the links of a mail lead whose token was made just now."""
    return _route(token, dispatch, personal=settings.TRACKING == PERSON)


def route_of(token: str, dispatch: Dispatch) -> Route:
    """Return where the links of a mail with this token lead."""
    numbers = read_token(PURPOSE, token, 3)
    personal = numbers is not None and numbers[0] == _OF_DELIVERY
    return _route(token, dispatch, personal=personal)


def _route(token: str, dispatch: Dispatch, *, personal: bool) -> Route:
    if not token:
        return Route(parameters=dispatch.utm)
    site = settings.SITE_URL
    return Route(f"{site}/l/{token}.", f"{site}/o/{token}.gif", personal, dispatch.utm)


def follow(token: str, visit: Visit) -> str | None:
    """Note a visit to a link; return where it leads, None if it is no link of ours."""
    name, _dot, position = token.rpartition(".")
    mail = _mail_of(name)
    # A number has one spelling, so that a changed link is never another's.
    if mail is None or not position.isdecimal() or str(int(position)) != position:
        return None
    link = _link(mail, position)
    if link is None:
        return None
    target = _target(mail, link)
    if target is not None:
        _note(mail, history.CLICKED, link, visit)
    return target


def note_opening(token: str, visit: Visit) -> None:
    """Note that a mail's picture was fetched; an unknown token is passed over."""
    mail = _mail_of(token)
    if mail is not None:
        _note(mail, history.OPENED, None, visit)


def note_reported(event: DeliveryEvent, delivery: Delivery) -> None:
    """Judge a visit that the provider counted, and write it on its delivery."""
    agent, url = event.data.get("agent", ""), event.data.get("url", "")
    visit = Visit("GET", agent or "not told", False, event.occurred_at)
    reason = machines.machine_reason(visit, delivery.accepted_at or event.occurred_at)
    event.dispatch_id = delivery.dispatch_id
    event.is_human = not reason
    event.link = TrackedLink.objects.filter(
        version__in=DeliveryContent.objects.filter(delivery=delivery).values("version"),
        url=url,
    ).first()
    event.data = {"machine": reason} if reason else {}
    event.save(update_fields=["dispatch", "is_human", "link", "data"])
    tell([event])
    mark_visited([delivery.pk])


def _mail_of(token: str) -> _Mail | None:
    numbers = read_token(PURPOSE, token, 3)
    if numbers is None:
        return None
    kind, pk, version_id = numbers
    if kind == _OF_DELIVERY:
        delivery = Delivery.objects.filter(pk=pk).select_related("dispatch").first()
        return _Mail(version_id, delivery.dispatch, delivery) if delivery else None
    if kind != _OF_DISPATCH:
        return None
    dispatch = Dispatch.objects.filter(pk=pk).first()
    return _Mail(version_id, dispatch) if dispatch else None


def _link(mail: _Mail, position: str) -> TrackedLink | None:
    if len(position) > 6:
        return None
    return TrackedLink.objects.filter(
        version=mail.version_id, position=int(position)
    ).first()


def _target(mail: _Mail, link: TrackedLink) -> str | None:
    """Return the stored address, with the values that the mail was filled in with."""
    url = link.url
    if "{" in url:
        content = DeliveryContent.objects.filter(delivery=mail.delivery).first()
        try:
            url = render_link(url, content.merge_values if content else {})
        except RenderError:
            return None
    url = with_parameters(url, mail.dispatch.utm)
    is_web = url.lower().startswith(("https://", "http://"))
    return url if is_web and not link_problem(url) else None


def _note(mail: _Mail, kind: str, link: TrackedLink | None, visit: Visit) -> None:
    """Write a visit down; that it cannot be must not keep anybody from the page."""
    if settings.TRACKING == OFF:
        return
    try:
        if mail.delivery is None or settings.TRACKING == ANONYMOUS:
            _count(mail.dispatch, kind, link, visit)
        else:
            _keep(mail.delivery, kind, link, visit)
    except DatabaseError:
        logger.exception("A visit to a link was not written down.")


def _count(
    dispatch: Dispatch, kind: str, link: TrackedLink | None, visit: Visit
) -> None:
    reason = machines.machine_reason(visit, sent_at=None)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT, [dispatch.pk, link.pk if link else None, kind, not reason]
        )


@transaction.atomic
def _keep(
    delivery: Delivery, kind: str, link: TrackedLink | None, visit: Visit
) -> None:
    # One visit after the other: each must see those before it to be judged.
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    visits = DeliveryEvent.objects.filter(delivery=delivery, kind=kind)
    if visits.filter(link=link)[:EVENTS_PER_LINK].count() == EVENTS_PER_LINK:
        return
    # Before our own record of the sending nobody can have read it.
    sent_at = delivery.accepted_at or visit.at
    reason = machines.machine_reason(visit, sent_at)
    event = DeliveryEvent.objects.create(
        delivery=delivery,
        dispatch_id=delivery.dispatch_id,
        kind=kind,
        link=link,
        is_human=not reason,
        data={"machine": reason} if reason else {},
        occurred_at=visit.at,
    )
    tell([event])
    if link is not None and _unmask_burst(visits, link, visit):
        take_back(delivery)
    mark_visited([delivery.pk])


def _unmask_burst(
    visits: QuerySet[DeliveryEvent], link: TrackedLink, visit: Visit
) -> bool:
    """Take visits to many links within seconds for a program's, the first ones too.

    Returns whether there were some.
    """
    burst = visits.filter(occurred_at__gt=visit.at - machines.BURST)
    followed = set(burst.values_list("link_id", flat=True))
    there_are = TrackedLink.objects.filter(version=link.version_id).count()
    if len(followed) < min(max(there_are, 2), machines.BURST_LINKS):
        return False
    burst.filter(is_human=True).update(
        is_human=False, data={"machine": machines.AT_ONCE}
    )
    return True


def mark_visited(delivery_ids: Collection[int]) -> None:
    """Write on deliveries when a person first opened them and followed a link.

    Who follows a link has opened the mail, whether or not its picture was loaded.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [list(delivery_ids)])


_MARK = """
UPDATE deliveries SET opened_at = seen.opened, clicked_at = seen.clicked,
    updated_at = now()
FROM (
    SELECT d.id, min(v.occurred_at) AS opened,
        min(v.occurred_at) FILTER (WHERE v.kind = 'clicked') AS clicked
    FROM deliveries d
    LEFT JOIN delivery_events v ON v.delivery_id = d.id AND v.is_human
        AND v.kind IN ('opened', 'clicked')
    WHERE d.id = ANY (%s) GROUP BY d.id
) AS seen
WHERE deliveries.id = seen.id
  AND (opened_at, clicked_at) IS DISTINCT FROM (seen.opened, seen.clicked)
"""
_COUNT = """
INSERT INTO visit_counts (dispatch_id, link_id, kind, is_human, count)
VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (dispatch_id, link_id, kind, is_human)
DO UPDATE SET count = visit_counts.count + 1
"""
