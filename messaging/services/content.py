"""Making the mail of a delivery, and making it again from what was frozen."""

import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from marketing_os.lib.tokens import make_token, read_token
from messaging.channels.base import Channel, ImpossibleMailError, Mail, Parcel
from messaging.models import Delivery, DeliveryContent, MessageTemplateVersion
from messaging.services.needed import keep_needed
from messaging.services.senders import (
    AllowedSenders,
    Identity,
    SenderError,
    allowed_senders,
)
from messaging.services.tracking import link_token, new_route, route_of
from messaging.templating.context import MEMBER_LINKS, merge_values
from messaging.templating.links import link_problem
from messaging.templating.programs import LONG
from messaging.templating.render import Rendered, RenderError, render_version
from messaging.templating.runtime import Route

# By which mailbox providers know the sender; five to fifteen letters, always the same.
SENDER_ID = "marketing-os"
# What the tokens of links to a member's own pages, and to a copy of all data, are for.
MEMBER_LINK, COPY_LINK = "member-link", "copy-link"
# Links that open more than others: staff see nothing in their place.
_PRIVATE = (*MEMBER_LINKS, "copy_link")
_BODY_END = "</body>"
_MESSAGE_ID = re.compile(r"\bmos-(\d{1,19})-([\w-]{20,60})@", re.ASCII)


@dataclass(frozen=True)
class Prepared:
    """A claimed delivery with the mail that would be sent, or why there is none.

    `values`, `sha256` and `frozen_at` are what the mail was made of.
    """

    delivery: Delivery
    version: MessageTemplateVersion
    frozen_at: datetime
    values: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    parcel: Parcel | None = None
    reason: str = ""
    detail: str = ""


def prepare(deliveries: Sequence[Delivery], channel: Channel) -> Iterator[Prepared]:
    """Fill in the mail of each delivery, as it is asked for, with values of now.

    One that cannot be filled in or addressed says so and spoils no other.
    """
    values = merge_values([delivery.customer_id for delivery in deliveries])
    senders = allowed_senders()
    now = timezone.now()
    for delivery in deliveries:
        customer = values.get(delivery.customer_id, {})
        yield _prepare(delivery, customer, channel, senders, now)


def remake(content: DeliveryContent) -> tuple[Mail, bool]:
    """Return the mail of a delivery again, and whether it is still the very same.

    It is for staff, so the links that act for its receiver are examples. Raises
    RenderError when its template can no longer be filled in.
    """
    delivery, version = content.delivery, content.version
    route = route_of(content.merge_values.get("link_token", ""), delivery.dispatch)
    rendered = _rendered(delivery, version, content.merge_values, route)
    is_same = content.sha256 in (fingerprint(rendered), _whole_fingerprint(rendered))
    values = _harmless(content.merge_values)
    straight = route_of("", delivery.dispatch)
    rendered = _rendered(delivery, version, values, straight)
    senders = allowed_senders()
    try:
        sender = senders.of(version.template)
    except SenderError:
        sender = senders.default
    mail = _mail(delivery, version, rendered, values, sender, content.frozen_at)
    return mail, is_same


def shown_html(content: DeliveryContent) -> str:
    """Return the HTML of a delivery's mail for staff, whose reading is no visit.

    Raises RenderError when its template can no longer be filled in.
    """
    values = _harmless(content.merge_values)
    straight = route_of("", content.delivery.dispatch)
    return _rendered(content.delivery, content.version, values, straight).html


def _harmless(values: dict[str, Any]) -> dict[str, Any]:
    """Put examples in place of the links by which a receiver is known and acts."""
    return values | {
        **dict.fromkeys(("link_token", *_PRIVATE), ""),
        "unsubscribe_url": f"{settings.SITE_URL}/u/example",
        "preferences_url": f"{settings.SITE_URL}/preferences/example",
    }


def fingerprint(rendered: Rendered) -> str:
    """Return the SHA-256 of a filled-in message, in which a long piece is its own."""
    page = [_kept_hash(one) if len(one) >= LONG else one for one in rendered.page]
    return _hash("\0".join([rendered.subject, *page, rendered.text]))


def _whole_fingerprint(rendered: Rendered) -> str:
    """Return the fingerprint as it was made up to version 1 of the renderer."""
    return _hash("\0".join([rendered.subject, rendered.html, rendered.text]))


@lru_cache(maxsize=256)
def _kept_hash(piece: str) -> str:
    return _hash(piece)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def key_of(delivery_id: int, attempt: int) -> str:
    """Return what names one attempt to send a delivery, to us and to providers."""
    return f"mos/{delivery_id}/{attempt}"


def unsubscribe_url(delivery_id: int) -> str:
    """Return the link by which the receiver of a delivery unsubscribes."""
    return f"{settings.SITE_URL}/u/{make_token('unsubscribe', delivery_id)}"


def preferences_url(delivery_id: int) -> str:
    """Return the link by which the receiver of a delivery chooses what to get."""
    return f"{settings.SITE_URL}/preferences/{make_token('preferences', delivery_id)}"


def member_url(delivery_id: int) -> str:
    """Return the link that opens a member's own pages for the receiver of a delivery."""
    return f"{settings.SITE_URL}/me/in/{make_token(MEMBER_LINK, delivery_id)}"


def copy_url(delivery_id: int) -> str:
    """Return the link that opens the copy of all data that came with a delivery."""
    return f"{settings.SITE_URL}/me/copy/{make_token(COPY_LINK, delivery_id)}"


def message_id(delivery_id: int) -> str:
    """Return the Message-ID of a delivery: always the same, and not to be guessed."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    return f"<mos-{delivery_id}-{make_token('message-id', delivery_id)}@{domain}>"


def delivery_named_in(text: str) -> int | None:
    """Return the delivery whose Message-ID stands in a text, or None."""
    for number, token in _MESSAGE_ID.findall(text):
        if read_token("message-id", token, 1) == (int(number),):
            return int(number)
    return None


@dataclass(frozen=True)
class Notice:
    """The title, text and link of an in-app notification, and what it was made of."""

    rendered: Rendered
    values: dict[str, Any]


def notice_of(version: MessageTemplateVersion, values: dict[str, Any]) -> Notice:
    """Fill in an in-app notification, or raise RenderError.

    A link that is neither harmless nor a path of this site is left out.
    """
    sender = {
        "unsubscribe_url": "",
        "preferences_url": "",
        **dict.fromkeys(MEMBER_LINKS, "/me/notifications/"),
        "copy_link": "",
        "postal_address": "",
        "company_name": settings.DEFAULT_FROM_NAME,
    }
    needed = keep_needed(version, values | sender)
    rendered = render_version(version, needed)
    if not _leads_on(rendered.action_url):
        rendered = replace(rendered, action_url="")
    return Notice(rendered, needed)


def _leads_on(url: str) -> bool:
    """Say whether a link leads somewhere from a page of this site, and harmlessly."""
    if url.startswith("/"):
        return not url.startswith(("//", "/\\"))
    schemes = ("https:", "http:", "mailto:", "tel:", "sms:")
    return url.lower().startswith(schemes) and not link_problem(url)


def _prepare(
    delivery: Delivery,
    customer_values: dict[str, Any],
    channel: Channel,
    senders: AllowedSenders,
    now: datetime,
) -> Prepared:
    version = delivery.dispatch.template.current_version
    assert version is not None
    try:
        sender = senders.of(version.template)
        values = keep_needed(
            version,
            customer_values
            | delivery.dispatch.context
            | (delivery.context or {})
            | _sender_values(delivery, version, sender),
        )
        route = new_route(values["link_token"], delivery.dispatch)
        rendered = _rendered(delivery, version, values, route)
        mail = _mail(delivery, version, rendered, values, sender, now)
        parcel = channel.pack(delivery.pk, mail)
    except (RenderError, SenderError) as error:
        reason = Delivery.Reason.RENDER_ERROR
        return Prepared(delivery, version, now, reason=reason, detail=str(error))
    except ImpossibleMailError as error:
        reason = (
            Delivery.Reason.INVALID_ADDRESS
            if error.is_address
            else Delivery.Reason.RENDER_ERROR
        )
        return Prepared(delivery, version, now, reason=reason, detail=str(error))
    return Prepared(delivery, version, now, values, fingerprint(rendered), parcel)


def _sender_values(
    delivery: Delivery, version: MessageTemplateVersion, sender: Identity
) -> dict[str, Any]:
    # A link is kept only where it was sent; the private ones open more than others.
    pk, reads = delivery.pk, set(version.variables)
    member_link = "" if reads.isdisjoint(MEMBER_LINKS) else member_url(pk)
    return {
        "unsubscribe_url": unsubscribe_url(pk),
        "preferences_url": preferences_url(pk) if "preferences_url" in reads else "",
        **dict.fromkeys(MEMBER_LINKS, member_link),
        "copy_link": copy_url(pk) if "copy_link" in reads else "",
        "link_token": link_token(delivery, version.pk) if is_marketing(version) else "",
        "postal_address": sender.postal_address,
        "company_name": settings.DEFAULT_FROM_NAME,
    }


def _mail(
    delivery: Delivery,
    version: MessageTemplateVersion,
    rendered: Rendered,
    values: dict[str, Any],
    sender: Identity,
    date: datetime,
) -> Mail:
    return Mail(
        key=key_of(delivery.pk, delivery.attempt + 1),
        message_id=message_id(delivery.pk),
        date=date,
        sender_address=sender.address,
        sender_name=sender.name,
        reply_to=sender.reply_to,
        address=delivery.address,
        subject=rendered.subject,
        page=rendered.page,
        text=rendered.text,
        unsubscribe_url=values["unsubscribe_url"] if is_marketing(version) else "",
        feedback_id=_feedback_id(delivery, version),
    )


def _feedback_id(delivery: Delivery, version: MessageTemplateVersion) -> str:
    """Name what a complaint is about: dispatch, template, purpose and sender.

    Nobody in person: mailbox providers add up the complaints of each part.
    """
    parts = (f"d{delivery.dispatch_id}", f"t{version.template_id}", version.purpose)
    return ":".join((*parts, SENDER_ID))


def is_marketing(version: MessageTemplateVersion) -> bool:
    """Say whether a version goes only to those who want it."""
    return version.purpose == version.template.Purpose.MARKETING


def _rendered(
    delivery: Delivery,
    version: MessageTemplateVersion,
    values: dict[str, Any],
    route: Route,
) -> Rendered:
    rendered = render_version(version, values, route)
    if not is_marketing(version):
        return rendered
    # Whoever names the postal address anywhere, author or compiler, has a footer.
    is_missing = "postal_address" not in version.html + version.text
    postal_address = values["postal_address"] if is_missing else ""
    return _with_footer(rendered, values["unsubscribe_url"], postal_address)


def _with_footer(rendered: Rendered, link: str, postal_address: str) -> Rendered:
    """Add to each part the link to unsubscribe and the address its author left out."""
    pieces, page, text = rendered.page, rendered.html, rendered.text
    if not postal_address and link in text and link in page:
        return rendered
    word = _("Unsubscribe")
    needs_link = link not in page and html.escape(link) not in page
    if page and (needs_link or postal_address):
        lines = html.escape(postal_address).splitlines()
        if needs_link:
            lines.append(
                f'<a href="{html.escape(link)}" style="color:#666">'
                f"{html.escape(word)}</a>"
            )
        footer = (
            '<p style="text-align:center;font:12px sans-serif;color:#666">'
            f"{'<br>'.join(lines)}</p>"
        )
        pieces = _before_the_end(pieces, footer)
    ending = [postal_address] if postal_address else []
    if link not in text:
        ending.append(f"{word}: {link}")
    text = "\n".join([f"{text}\n", *ending, ""])
    return replace(rendered, page=pieces, text=text)


def _before_the_end(page: tuple[str, ...], footer: str) -> tuple[str, ...]:
    """Put a footer where the body ends; without an end of it, it simply comes last."""
    for place in reversed(range(len(page))):
        if _BODY_END in page[place]:
            before, after = _parted(page[place])
            return (*page[:place], before, footer, after, *page[place + 1 :])
    return (*page, footer)


@lru_cache(maxsize=64)
def _parted(piece: str) -> tuple[str, str]:
    """Part a piece before the end of the body, the same for all mails of a version."""
    before, end, after = piece.rpartition(_BODY_END)
    return before, f"{end}{after}"
