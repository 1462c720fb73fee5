from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Self

from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.workflows.batch import Batch
from automations.workflows.fields import Field, Kind
from automations.workflows.steps.base import Step
from customers.services.rewards import MOST_CREDITS, book_credits, give_offers
from segments.conditions import Catalogue
from segments.conditions.entry import Entry

LONGEST_CODE = 100


@dataclass(frozen=True, kw_only=True)
class OfferDiscount(Step):
    """Offer the member a discount code for some days."""

    type: ClassVar[str] = "offer_discount"
    title: ClassVar[str | Promise] = gettext_lazy("Offer a discount")
    icon: ClassVar[str] = "percent"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("offer_code", gettext_lazy("Code")),
        Field("duration_days", gettext_lazy("Valid for days"), Kind.WHOLE, default=30),
    )

    offer_code: str
    duration_days: int

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        is_given = entry.values.get("offer_code") not in (None, "")
        code = entry.text("offer_code").strip() if is_given else ""
        if len(code) > LONGEST_CODE:
            raise entry.refuse("offer_code", _("A code has up to 100 characters."))
        days = 30
        if entry.has("duration_days"):
            days = entry.whole("duration_days", least=1, most=3_650)
        return cls(id=step_id, offer_code=code, duration_days=days)

    def run(self, batch: Batch) -> None:
        if not self.offer_code:
            batch.fail(batch.members, _("There is no offer code in this step."))
            return
        batch.made["offer"] = give_offers(
            [
                (one.enrolment_id, one.customer_id, batch.key_of(one))
                for one in batch.members
            ],
            code=self.offer_code,
            expires=localdate(batch.setting.now) + timedelta(days=self.duration_days),
        )

    def words(self) -> str:
        return ngettext(
            "Offer “%(code)s” for %(days)s day",
            "Offer “%(code)s” for %(days)s days",
            self.duration_days,
        ) % {"code": self.offer_code or "–", "days": self.duration_days}


@dataclass(frozen=True, kw_only=True)
class GrantCredits(Step):
    """Book credits for the member."""

    type: ClassVar[str] = "grant_credits"
    title: ClassVar[str | Promise] = gettext_lazy("Grant credits")
    icon: ClassVar[str] = "toll"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("amount", gettext_lazy("Credits"), Kind.NUMBER),
        Field(
            "reason",
            gettext_lazy("Reason"),
            help=gettext_lazy("Empty: “Automated workflow” and its name."),
        ),
    )

    amount: Decimal
    reason: str

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        amount = entry.number("amount")
        if not 0 < amount <= MOST_CREDITS or round(amount, 2) != amount:
            raise entry.refuse(
                "amount",
                _("Enter an amount up to %s, with two digits behind the point at most.")
                % f"{MOST_CREDITS:,}",
            )
        return cls(
            id=step_id,
            amount=Decimal(str(amount)),
            reason=entry.text("reason", default=""),
        )

    def run(self, batch: Batch) -> None:
        reason = self.reason or _("Automated workflow: %s") % batch.setting.workflow
        book_credits(
            [(one.customer_id, batch.key_of(one)) for one in batch.members],
            amount=self.amount,
            reason=reason,
        )

    def words(self) -> str:
        return _("Grant %s credits") % f"{self.amount:,}"
