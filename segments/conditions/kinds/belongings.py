"""Conditions on what a customer has: tags, offers, consent."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import sql

from segments.conditions.catalogue import Catalogue
from segments.conditions.comparisons import json_literal
from segments.conditions.entry import Entry
from segments.conditions.kinds.shapes import TEXT, TEXTS, choice
from segments.conditions.moments import Clock, Today
from segments.conditions.predicate import Predicate, exists
from segments.conditions.tree import Leaf
from segments.conditions.words import list_words

_HAS = ("has", "has_not")
OFFER_STATES: dict[str, Any] = {
    "any": gettext_lazy("an offer"),
    "open": gettext_lazy("an open offer"),
    "used": gettext_lazy("a used offer"),
    "expired": gettext_lazy("an expired offer"),
}
CONSENT_STATES: dict[str, Any] = {
    "granted": gettext_lazy("who agreed to"),
    "declined": gettext_lazy("who declined"),
    "undecided": gettext_lazy("who never decided about"),
}


@dataclass(frozen=True, kw_only=True)
class TagCondition(Leaf):
    """The customer has, or has not, one of some tags."""

    type: ClassVar[str] = "tag"
    keys: ClassVar[dict[str, object]] = {"operator": choice(_HAS), "tags": TEXTS}
    required: ClassVar[tuple[str, ...]] = ("operator", "tags")

    is_negated: bool
    tags: tuple[str, ...]

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(
            path=entry.path,
            is_negated=entry.choice("operator", _HAS) == "has_not",
            tags=entry.texts("tags"),
        )

    def predicate(self, clock: Clock) -> Predicate:
        listed = sql.SQL(", ").join(sql.Literal(tag) for tag in self.tags)
        query = sql.SQL(
            "SELECT FROM member_tags t WHERE t.member_id = c.id AND t.tag IN ({})"
        ).format(listed)
        return exists(query).negated_if(self.is_negated)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_agg(t.tag ORDER BY t.tag) FROM member_tags t"
            " WHERE t.member_id = c.id)"
        )

    def words(self) -> str:
        form = _("without the tag %s") if self.is_negated else _("with the tag %s")
        return form % list_words(self.tags)


@dataclass(frozen=True, kw_only=True)
class OfferCondition(Leaf):
    """The customer has, or has not, an offer of a code in a state."""

    type: ClassVar[str] = "offer"
    keys: ClassVar[dict[str, object]] = {
        "operator": choice(_HAS),
        "state": choice(OFFER_STATES),
        "codes": TEXTS,
    }
    required: ClassVar[tuple[str, ...]] = ("operator",)

    is_negated: bool
    state: str
    codes: tuple[str, ...]

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(
            path=entry.path,
            is_negated=entry.choice("operator", _HAS) == "has_not",
            state=entry.choice("state", OFFER_STATES, default="any"),
            codes=entry.texts("codes") if entry.has("codes") else (),
        )

    def predicate(self, clock: Clock) -> Predicate:
        tests: list[sql.Composable] = [sql.SQL("o.member_id = c.id")]
        if self.codes:
            listed = sql.SQL(", ").join(sql.Literal(code) for code in self.codes)
            tests.append(sql.SQL("o.offer_code IN ({})").format(listed))
        if self.state == "used":
            tests.append(sql.SQL("o.is_used"))
        elif self.state != "any":
            tests.append(self._not_used(clock))
        query = sql.SQL("SELECT FROM member_offers o WHERE {}").format(
            sql.SQL(" AND ").join(tests)
        )
        return exists(query).negated_if(self.is_negated)

    def _not_used(self, clock: Clock) -> sql.Composed:
        form = (
            "NOT o.is_used AND (o.expiry_date IS NULL OR o.expiry_date >= {})"
            if self.state == "open"
            else "NOT o.is_used AND o.expiry_date < {}"
        )
        owner = ("o", "member_id")
        return sql.SQL(form).format(clock.date_sql(Today(), owner))

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_agg(o.offer_code ORDER BY o.id) FROM member_offers o"
            " WHERE o.member_id = c.id)"
        )

    def words(self) -> str:
        what = str(OFFER_STATES[self.state])
        if self.codes:
            what = _("%(what)s of %(codes)s") % {
                "what": what,
                "codes": list_words(self.codes),
            }
        return (_("without %s") if self.is_negated else _("with %s")) % what


@dataclass(frozen=True, kw_only=True)
class ConsentCondition(Leaf):
    """The newest decision about a channel, and topic, is the one asked for."""

    type: ClassVar[str] = "consent"
    keys: ClassVar[dict[str, object]] = {
        "channel": TEXT,
        "topic": TEXT,
        "state": choice(CONSENT_STATES),
    }
    required: ClassVar[tuple[str, ...]] = ("state",)

    channel: str
    topic: str
    state: str

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(
            path=entry.path,
            channel=entry.text("channel", default="email"),
            topic=entry.text("topic", default=""),
            state=entry.choice("state", CONSENT_STATES),
        )

    def _decisions(self) -> sql.Composable:
        return sql.SQL(
            "FROM consents k WHERE k.customer_id = c.id AND k.channel = {}"
            " AND k.topic = {}"
        ).format(sql.Literal(self.channel), sql.Literal(self.topic))

    def predicate(self, clock: Clock) -> Predicate:
        if self.state == "undecided":
            return exists(sql.SQL("SELECT {}").format(self._decisions())).negated
        query = sql.SQL(
            "SELECT {} AND k.granted = {} AND NOT EXISTS (SELECT FROM consents later"
            " WHERE later.customer_id = k.customer_id AND later.channel = k.channel"
            " AND later.topic = k.topic"
            " AND (later.occurred_at, NOT later.granted, later.id)"
            " > (k.occurred_at, NOT k.granted, k.id))"
        ).format(self._decisions(), sql.Literal(self.state == "granted"))
        return exists(query)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT CASE WHEN k.granted THEN {} ELSE {} END {}"
            " ORDER BY k.occurred_at DESC, k.granted, k.id DESC LIMIT 1)"
        ).format(
            json_literal(_("agreed")), json_literal(_("declined")), self._decisions()
        )

    def words(self) -> str:
        what = self.channel
        if self.topic:
            what = _("%(channel)s about %(topic)s") % {
                "channel": what,
                "topic": self.topic,
            }
        return f"{CONSENT_STATES[self.state]} {what}"
