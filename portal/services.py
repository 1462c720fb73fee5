"""What becomes of a message that somebody writes on the public page."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from operator import attrgetter

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from funnel.services import record_activity
from marketing_os.lib.errors import DomainError
from marketing_os.lib.registry import registry
from marketing_os.lib.retention import delete_old
from messaging.services.transactional import send_message
from portal.models import PublicPage, VisitorMessage
from portal.visitors import customer_with

logger = logging.getLogger(__name__)

ACTIVITY = "message"
_AT_ONCE = 200


class TooManyMessages(DomainError):  # noqa: N818 - named for the fact
    """A visitor who wrote as often as one may within an hour."""


def take_message(
    *, name: str, email: str, message: str, visitor: str, signed: Customer | None
) -> VisitorMessage:
    """Keep a message for a worker; nothing is looked up, whoever it is from.

    So the answer takes as long for an address that is known as for any other. Raises
    TooManyMessages.
    """
    hour = timezone.now() - timedelta(hours=1)
    if visitor:
        same = VisitorMessage.objects.filter(visitor=visitor, sent_at__gt=hour)
        if same.count() >= settings.PUBLIC_MESSAGES_PER_HOUR:
            raise TooManyMessages(
                _("You have written often. Please wait an hour, then write again.")
            )
    return VisitorMessage.objects.create(
        name=name,
        email=email,
        message=message,
        visitor=visitor,
        customer=signed,
        is_signed=signed is not None,
    )


def keep_answered(messages: Iterable[VisitorMessage]) -> int:
    """Keep messages that were answered elsewhere; no task and no mail follows.

    Those older than VISITOR_MESSAGE_DAYS are left out. Returns how many were kept.
    """
    kept = sorted(messages, key=attrgetter("sent_at"))
    if settings.VISITOR_MESSAGE_DAYS:
        begin = timezone.now() - timedelta(days=settings.VISITOR_MESSAGE_DAYS)
        kept = [message for message in kept if message.sent_at >= begin]
    for message in kept:
        message.handled_at = message.sent_at
    return len(VisitorMessage.objects.bulk_create(kept))


def handle_messages() -> int:
    """Handle the messages that wait, the oldest first, and return how many."""
    waiting = VisitorMessage.objects.filter(handled_at=None).order_by("pk")
    handled = [
        handle_message(pk) for pk in waiting.values_list("pk", flat=True)[:_AT_ONCE]
    ]
    return sum(handled)


@transaction.atomic
def handle_message(pk: int) -> bool:
    """Note a message with its customer, ask staff to answer, and mail the link, once."""
    message = (
        VisitorMessage.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=pk, handled_at=None)
        .first()
    )
    if message is None:
        return False
    page = PublicPage.current()
    customer = message.customer if message.is_signed else customer_with(message.email)
    if customer is not None:
        _note(message, customer)
    if page.makes_task:
        _ask_staff(message, customer)
    if customer is not None and not message.is_signed:
        _mail_link(page, customer)
    message.customer = customer
    message.handled_at = timezone.now()
    message.save(update_fields=["customer", "handled_at"])
    return True


def save_public_page(page: PublicPage) -> PublicPage:
    """Store what the page says from now on, with its history."""
    page.pk = 1
    page.save(force_insert=not PublicPage.objects.filter(pk=1).exists())
    return page


def forget_visitors(*, seconds: float) -> int:
    """Delete messages older than VISITOR_MESSAGE_DAYS, for so long; return how many.

    Of the others it is forgotten after a day where they came from. What waits to be
    handled stays.
    """
    yesterday = timezone.now() - timedelta(days=1)
    recent = VisitorMessage.objects.filter(sent_at__lt=yesterday).exclude(visitor="")
    recent.update(visitor="")
    handled = VisitorMessage.objects.exclude(handled_at=None)
    days = settings.VISITOR_MESSAGE_DAYS
    return delete_old(handled, "sent_at", days, seconds=seconds)


def _note(message: VisitorMessage, customer: Customer) -> None:
    try:
        with transaction.atomic():
            record_activity(
                customer,
                ACTIVITY,
                source="portal",
                properties={"message": message.message, "is_signed": message.is_signed},
                external_id=f"public-page-{message.pk}",
            )
    except DomainError:
        logger.warning("Message %s was not noted with its customer.", message.pk)


def _ask_staff(message: VisitorMessage, customer: Customer | None) -> None:
    """Ask without the words of somebody whom an erasure could not find in a task."""
    if customer is None:
        wish = _("Answer message %s of the public page; the address is no customer's.")
        description = wish % message.pk
    else:
        wish = _("Answer the message of the public page: %s")
        description = wish % message.message
    for ask in registry.staff_requests:
        ask(description[:2_000], customer, f"public-page:{message.pk}")


def _mail_link(page: PublicPage, customer: Customer) -> None:
    if page.link_template is None:
        return
    today = timezone.localdate()
    key = f"public-page:{customer.pk}:{today}"
    try:
        with transaction.atomic():
            send_message(page.link_template, customer, data={}, external_id=key)
    except DomainError:
        # The template cannot be sent by now, or another one went out today.
        return
