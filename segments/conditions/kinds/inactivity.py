"""Conditions on how long a customer did nothing at all."""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import ngettext
from psycopg import sql

from segments.conditions.catalogue import Catalogue
from segments.conditions.entry import MOST_DAYS, Entry
from segments.conditions.moments import Clock, Moment, Today
from segments.conditions.predicate import Predicate
from segments.conditions.tree import Leaf


@dataclass(frozen=True, kw_only=True)
class InactiveCondition(Leaf):
    """The last activity of any name is so many days ago, or longer.

    For who never did anything the day counts on which they became known.
    """

    type: ClassVar[str] = "inactive"
    keys: ClassVar[dict[str, object]] = {
        "days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS}
    }
    required: ClassVar[tuple[str, ...]] = ("days",)

    days: int

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(path=entry.path, days=entry.whole("days", least=1, most=MOST_DAYS))

    def predicate(self, clock: Clock) -> Predicate:
        day = Today(1 - self.days)
        at = Moment(sql.SQL("a.occurred_at"), ("a", "customer_id"))
        return Predicate(
            sql.SQL(
                "(NOT EXISTS (SELECT FROM activities a WHERE a.customer_id = c.id"
                " AND {since}) AND ({known} OR EXISTS (SELECT FROM activities a"
                " WHERE a.customer_id = c.id)))"
            ).format(
                since=clock.since(at, day),
                known=clock.before(Moment(sql.SQL("c.created_date")), day),
            ),
            is_certain=True,
        )

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_build_object('last', max(a.occurred_at))"
            " FROM activities a WHERE a.customer_id = c.id)"
        )

    def words(self) -> str:
        return (
            ngettext(
                "who did nothing for at least %s day",
                "who did nothing for at least %s days",
                self.days,
            )
            % f"{self.days:,}"
        )
