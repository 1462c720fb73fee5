"""From whom mail may come: the address of the settings, and those that staff allowed."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from messaging.channels import chosen_channel
from messaging.channels.base import ImpossibleMailError
from messaging.channels.mime import checked_address, checked_text
from messaging.dns_checks import check_domain
from messaging.models import MessageTemplate, Sender


class SenderError(DomainError):
    """A sender that may not be used; `field` names what is wrong with it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Identity:
    """What a mail says of its sender."""

    address: str
    name: str
    reply_to: str
    postal_address: str


@dataclass(frozen=True)
class AllowedSenders:
    """The senders that may be used just now, by address in small letters."""

    by_address: dict[str, Identity]

    @property
    def default(self) -> Identity:
        """Who sends where a template names nobody."""
        return self.by_address[settings.DEFAULT_FROM_EMAIL.lower()]

    @property
    def reply_tos(self) -> dict[str, str]:
        """The addresses to which answers may go, by themselves in small letters."""
        found = [one.reply_to or one.address for one in self.by_address.values()]
        found += [one.address for one in self.by_address.values()]
        return {address.lower(): address for address in found}

    def choices(self) -> list[tuple[str, str]]:
        """Return those that a template may name, with their words."""
        return [
            (one.address, f"{one.name} <{one.address}>")
            for one in self.by_address.values()
            if one is not self.default
        ]

    def reply_choices(self) -> list[tuple[str, str]]:
        """Return the addresses to which a template may let answers go."""
        return [(address, address) for address in sorted(self.reply_tos.values())]

    def of(self, template: MessageTemplate) -> Identity:
        """Return from whom a template's mails come; raises SenderError."""
        found = self.by_address.get(
            (template.from_address or settings.DEFAULT_FROM_EMAIL).lower()
        )
        if found is None:
            words = _("“%(address)s” is not among the senders that may be used.")
            raise SenderError(
                "from_address", words % {"address": template.from_address}
            )
        if template.reply_to and template.reply_to.lower() not in self.reply_tos:
            words = _(
                "“%(address)s” is not among the addresses to which answers may go."
            )
            raise SenderError("reply_to", words % {"address": template.reply_to})
        return Identity(
            found.address,
            template.from_name or found.name,
            template.reply_to or found.reply_to,
            found.postal_address,
        )


def allowed_senders() -> AllowedSenders:
    """Read who may send, in one query."""
    senders = list(Sender.objects.filter(is_active=True))
    known = [_default(), *map(_identity, senders)]
    return AllowedSenders({one.address.lower(): one for one in known})


@transaction.atomic
def save_sender(sender: Sender) -> Sender:
    """Store a sender whose addresses and name can stand in a mail.

    Raises SenderError. What was known of another domain is forgotten.
    """
    for field, text in sender_errors(sender).items():
        raise SenderError(field, text)
    stored = Sender.objects.filter(pk=sender.pk).first()
    if stored and (stored.domain, stored.dkim_selector) != (
        sender.domain,
        sender.dkim_selector,
    ):
        sender.findings, sender.checked_at = [], None
    sender.save()
    return sender


def sender_errors(sender: Sender) -> dict[str, str]:
    """Say what of a sender could not stand in a mail, as a sentence per field."""
    errors = {}
    for field in ("address", "reply_to"):
        address = getattr(sender, field)
        try:
            if address:
                checked_address(address)
        except ImpossibleMailError as error:
            errors[field] = str(error)
    try:
        checked_text("From", sender.name)
    except ImpossibleMailError:
        errors["name"] = _("Write the name on one line.")
    selector = sender.dkim_selector.replace(".", "").replace("-", "").replace("_", "")
    if sender.dkim_selector and not (selector.isascii() and selector.isalnum()):
        errors["dkim_selector"] = _(
            "A selector has letters, digits, dots and hyphens only, such as “resend”."
        )
    return errors


def delete_sender(sender: Sender) -> None:
    """Delete a sender that no template names; raises DomainError otherwise."""
    using = MessageTemplate.objects.filter(from_address__iexact=sender.address)
    names = list(using.values_list("name", flat=True)[:3])
    if names:
        raise DomainError(
            _("“%(address)s” is the sender of: %(names)s. Choose another there first.")
            % {"address": sender.address, "names": ", ".join(names)}
        )
    sender.delete()


def check_dns(sender: Sender) -> Sender:
    """Ask the DNS about the sender's domain and keep what it said."""
    findings = check_domain(
        sender.domain, selector=sender.dkim_selector, channel=chosen_channel()
    )
    sender.findings = [finding.as_json() for finding in findings]
    sender.checked_at = timezone.now()
    Sender.objects.filter(pk=sender.pk).update(
        findings=sender.findings, checked_at=sender.checked_at
    )
    return sender


def _default() -> Identity:
    return Identity(
        settings.DEFAULT_FROM_EMAIL,
        settings.DEFAULT_FROM_NAME,
        "",
        settings.POSTAL_ADDRESS,
    )


def _identity(sender: Sender) -> Identity:
    return Identity(
        sender.address,
        sender.name or settings.DEFAULT_FROM_NAME,
        sender.reply_to,
        sender.postal_address or settings.POSTAL_ADDRESS,
    )
