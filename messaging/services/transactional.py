"""Messages that other systems ask for, about what a customer did or bought."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from marketing_os.lib.errors import DomainError
from messaging.models import ApiMessage, Dispatch, MessageTemplate
from messaging.services.audiences import sendable_version
from messaging.services.content import is_marketing
from messaging.services.growing import (
    Added,
    add_mails,
    add_notifications,
    growing_dispatch,
)
from messaging.services.judging import Wanted

# The first part of the source key of their dispatches.
ORIGIN = "api-messages"
_EMAIL = MessageTemplate.Channel.EMAIL


@transaction.atomic
def send_message(
    template: MessageTemplate,
    customer: Customer,
    *,
    data: Mapping[str, Any],
    external_id: str | None = None,
) -> tuple[ApiMessage, bool]:
    """Let a customer get a transactional message; also tell whether it is new.

    It goes before all others and passes consent, caps and quiet hours, never a
    suppression. Asked for again under its external ID it is the one that it was.
    Raises DomainError when the template is not for this, or when the external ID
    stands for another message.
    """
    asked = _fingerprint(template, customer, data)
    if not external_id:
        message, is_new = ApiMessage.objects.create(fingerprint=asked), True
    else:
        message, is_new = ApiMessage.objects.get_or_create(
            external_id=external_id, defaults={"fingerprint": asked}
        )
    if not is_new:
        if bytes(message.fingerprint) != asked:
            raise DomainError(_("This external_id stands for another message."))
        return message, False
    wanted = Wanted(customer.pk, message.pk, dict(data) or None)
    added = _added(template, wanted)
    if added is None or added.delivery_id is None:
        raise DomainError(added.problem if added else _("The customer is archived."))
    message.delivery_id = added.delivery_id
    message.save(update_fields=["delivery"])
    return message, True


def _added(template: MessageTemplate, wanted: Wanted) -> Added | None:
    is_notification = template.type == MessageTemplate.Channel.IN_APP
    channel = MessageTemplate.Channel.IN_APP if is_notification else _EMAIL
    if is_marketing(sendable_version(template, channel)):
        raise DomainError(
            _("“%s” is a marketing template: only transactional ones are sent so.")
            % template
        )
    dispatch = growing_dispatch(
        template=template,
        source_key=f"{ORIGIN}:{template.pk}",
        series=f"{ORIGIN}:{template.pk}",
        name=_("%s, asked for by the API") % template.name,
        context={},
        lane=Dispatch.Lane.TRANSACTIONAL,
    )
    dispatch.template = template
    add = add_notifications if is_notification else add_mails
    return add(dispatch, [wanted]).get(wanted.occurrence)


def _fingerprint(
    template: MessageTemplate, customer: Customer, data: Mapping[str, Any]
) -> bytes:
    asked = json.dumps([template.pk, customer.pk, data], sort_keys=True)
    return hashlib.sha256(asked.encode()).digest()
