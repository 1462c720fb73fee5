"""The mail by which a member gets a copy of their data, and whose link is whose.

The mail itself tells nothing; its link is the receiver's own and opens the copy that was
granted with it, for a few days, as long as the member has the same address.
"""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import MemberWish
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, MessageTemplate
from messaging.services.templates import save_template
from messaging.services.transactional import send_message

LINK = "copy_link"
NAME = "Copy of your data"
_EMAIL = MessageTemplate.Channel.EMAIL
_KEY = "member-copy"
_MESSAGE = """<mjml lang="en">
  <mj-head>
    <mj-title>Your copy is ready</mj-title>
    <mj-attributes>
      <mj-all font-family="'Segoe UI', Helvetica, Arial, sans-serif" />
      <mj-text font-size="17px" line-height="27px" color="#14252b" padding="0 32px 16px" />
    </mj-attributes>
    <mj-raw>
      <meta name="color-scheme" content="light dark" />
      <meta name="supported-color-schemes" content="light dark" />
    </mj-raw>
    <mj-style>
      @media (prefers-color-scheme: dark) {
        body, .page { background-color: #0e181c !important; }
        .card, .card > table { background-color: #152328 !important; background: #152328 !important; }
        .ink div { color: #e8f2f3 !important; }
      }
    </mj-style>
  </mj-head>
  <mj-body background-color="#f5f9f9" css-class="page">
    <mj-section padding="24px 0 0" />
    <mj-section css-class="card" background-color="#ffffff" border-radius="16px" padding="32px 0 16px">
      <mj-column>
        <mj-text css-class="ink" font-size="26px" line-height="34px" font-weight="700">Your copy is ready</mj-text>
        <mj-text css-class="ink">You asked {{ company_name }} for a copy of the data that we hold about you. The button leads to a page from which you can download it, for a few days from now.</mj-text>
        <mj-button href="{{ copy_link }}" background-color="#0f6674" color="#ffffff" font-size="17px" font-weight="700" inner-padding="14px 28px" border-radius="10px" align="left" padding="8px 32px 24px">Get my copy</mj-button>
        <mj-text css-class="ink">The link is for you alone: please do not pass this e-mail on. If you did not ask for a copy, write to us by answering it.</mj-text>
      </mj-column>
    </mj-section>
    <mj-section padding="0 0 32px" />
  </mj-body>
</mjml>
"""


def mail_copy(wish: MemberWish) -> Delivery:
    """Mail the link to a copy that was just granted.

    Raises DomainError when the mail cannot go.
    """
    key = _key_of(wish)
    message, _is_new = send_message(
        copy_template(), wish.customer, data={}, external_id=key
    )
    delivery = message.delivery
    assert delivery is not None
    if delivery.state == Delivery.State.SKIPPED:
        raise DomainError(
            _("The mail cannot go: %s.") % delivery.get_reason_display().lower()
        )
    return delivery


def copy_mail_of(wish: MemberWish) -> Delivery | None:
    """Return the mail with the link to a copy, if one was granted."""
    if wish.fulfilled_at is None:
        return None
    return Delivery.objects.filter(api_message__external_id=_key_of(wish)).first()


def wish_of_mail(delivery: Delivery) -> MemberWish | None:
    """Return the granted wish whose copy the link of a mail opens, if it is one's."""
    granted = MemberWish.objects.filter(
        customer=delivery.customer_id, kind=MemberWish.Kind.COPY
    ).exclude(fulfilled_at=None)
    told = getattr(delivery, "api_message", None)
    key = told.external_id if told else None
    wishes = granted.select_related("customer", "fulfilled_by")
    return next((wish for wish in wishes if _key_of(wish) == key), None)


def copy_template() -> MessageTemplate:
    """Return the newest transactional template that reads the link; made if need be.

    Raises DomainError when another template has its name.
    """
    if found := _template():
        return found
    try:
        with transaction.atomic():
            return save_template(
                MessageTemplate(
                    name=NAME,
                    purpose=MessageTemplate.Purpose.TRANSACTIONAL,
                    subject="Your copy is ready",
                    message=_MESSAGE,
                )
            )
    except IntegrityError:
        if found := _template():
            return found
        raise DomainError(
            _(
                "The template “%s” has no {{ copy_link }}. Write one that has, e-mail and"
                " transactional."
            )
            % NAME
        ) from None


def _template() -> MessageTemplate | None:
    able = MessageTemplate.objects.filter(
        type=_EMAIL,
        current_version__type=_EMAIL,
        current_version__purpose=MessageTemplate.Purpose.TRANSACTIONAL,
        current_version__variables__contains=[LINK],
    )
    return able.select_related("current_version__template").order_by("-pk").first()


def _key_of(wish: MemberWish) -> str:
    """Name the mail of one grant; granted anew, the link of the mail before is over."""
    granted_at = wish.fulfilled_at
    assert granted_at is not None
    return f"{_KEY}:{wish.pk}:{int(granted_at.timestamp() * 1_000)}"
