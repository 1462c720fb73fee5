"""Conditions on what customers did."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg import sql

from segments.conditions.catalogue import Catalogue
from segments.conditions.comparisons import (
    COMPARING_KEYS,
    Comparison,
    Operand,
    compare,
    read_comparison,
)
from segments.conditions.entry import Entry
from segments.conditions.kinds.shapes import (
    COMPARING,
    NUMBER,
    TEXT,
    WINDOW,
    Window,
    choice,
    ever,
    in_window,
    read_window,
    window_words,
)
from segments.conditions.moments import Clock, Moment
from segments.conditions.predicate import Predicate, exists
from segments.conditions.tree import Leaf
from segments.conditions.words import comparison_words, value_words

ACTIVITY_OPERATORS = ("at_least", "at_most", "never")
MEASURES = ("times", "amount")
PROPERTY_TYPES = ("string", "numeric", "boolean", "date", "timestamp")
MOST_FILTERS = 20
_OWNER = ("a", "customer_id")
_WHEN = Moment(sql.SQL("a.occurred_at"), _OWNER)
_FILTER: dict[str, object] = {
    "type": "object",
    "properties": {"property": TEXT, "type": choice(PROPERTY_TYPES), **COMPARING},
    "required": ["property", "operator"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class PropertyFilter:
    """A comparison of one property of the activities that count."""

    name: str
    comparison: Comparison

    @classmethod
    def read(cls, value: Any, path: str) -> Self:
        entry = Entry(value, path)
        entry.insist_on_keys(("property", "type", *COMPARING_KEYS))
        name = entry.text("property")
        value_type = entry.choice("type", PROPERTY_TYPES, default="string")
        return cls(name, read_comparison(entry, value_type))

    def condition(self, clock: Clock) -> sql.Composable:
        name = sql.Literal(self.name)
        operand = Operand(
            sql.SQL("(a.properties -> {})").format(name),
            sql.SQL("(a.properties ->> {})").format(name),
            owner=_OWNER,
        )
        return compare(self.comparison, operand, clock).sql

    def words(self) -> str:
        return f"{self.name} {comparison_words(self.comparison)}"


@dataclass(frozen=True, kw_only=True)
class ActivityCondition(Leaf):
    """So many activities of a name, or so much amount of them, in a window."""

    type: ClassVar[str] = "activity"
    keys: ClassVar[dict[str, object]] = {
        "name": TEXT,
        "operator": choice(ACTIVITY_OPERATORS),
        "measure": choice(MEASURES),
        "value": NUMBER,
        "window": WINDOW,
        "where": {"type": "array", "items": _FILTER, "maxItems": MOST_FILTERS},
    }
    required: ClassVar[tuple[str, ...]] = ("name", "operator")

    name: str
    operator: str
    measure: str
    value: int | float
    window: Window
    where: tuple[PropertyFilter, ...]

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        operator = entry.choice("operator", ACTIVITY_OPERATORS)
        measure = entry.choice("measure", MEASURES, default="times")
        filters = entry.listed("where")
        if len(filters) > MOST_FILTERS:
            raise entry.refuse(
                "where", _("These are more than %s filters.") % MOST_FILTERS
            )
        value: int | float = 0
        if operator != "never":
            value = (
                entry.whole("value") if measure == "times" else entry.number("value")
            )
        return cls(
            path=entry.path,
            name=entry.text("name"),
            operator=operator,
            measure="times" if operator == "never" else measure,
            value=value,
            window=read_window(entry),
            where=tuple(PropertyFilter.read(*one) for one in filters),
        )

    def _tests(self, clock: Clock) -> sql.Composable:
        tests: list[sql.Composable] = [
            sql.SQL("a.name = {}").format(sql.Literal(self.name))
        ]
        if self.window is not None:
            tests.append(in_window(self.window, _WHEN, clock))
        tests += [one.condition(clock) for one in self.where]
        return sql.SQL(" AND ").join(tests)

    def predicate(self, clock: Clock) -> Predicate:
        if self.operator == "never":
            return self._any(clock).negated
        if self.measure == "times" and self.operator == "at_least" and self.value == 1:
            return self._any(clock)
        # Grouping finds nobody who did nothing. Where doing nothing is enough, those
        # who did the wrong amount are found instead, and left out.
        is_enough = self.value <= 0 if self.operator == "at_least" else self.value >= 0
        if is_enough:
            return self._grouped(clock, is_negated=True).negated
        return self._grouped(clock, is_negated=False)

    def _any(self, clock: Clock) -> Predicate:
        return exists(
            sql.SQL(
                "SELECT FROM activities a WHERE a.customer_id = c.id AND {}"
            ).format(self._tests(clock))
        )

    def _grouped(self, clock: Clock, *, is_negated: bool) -> Predicate:
        measured = (
            "count(*)" if self.measure == "times" else "coalesce(sum(a.amount), 0)"
        )
        signs = {"at_least": (">=", "<"), "at_most": ("<=", ">")}[self.operator]
        having = sql.SQL(f"{measured} {signs[is_negated]} {{}}").format(
            sql.Literal(self.value)
        )
        return exists(
            sql.SQL(
                "SELECT FROM (SELECT a.customer_id FROM activities a WHERE {}"
                " GROUP BY a.customer_id HAVING {}) g WHERE g.customer_id = c.id"
            ).format(self._tests(clock), having)
        )

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_build_object('times', count(*), 'amount', sum(a.amount),"
            " 'last', max(a.occurred_at)) FROM activities a"
            " WHERE a.customer_id = c.id AND {})"
        ).format(self._tests(clock))

    def words(self) -> str:
        where = "".join(
            f"{_(', where') if not place else _(' and')} {one.words()}"
            for place, one in enumerate(self.where)
        )
        if self.operator == "never":
            words = _("without “%s”") % self.name
            return f"{words}{ever(self.window)}{where}"
        return f"{self._amount_words()}{window_words(self.window)}{where}"

    def _amount_words(self) -> str:
        least = self.operator == "at_least"
        if self.measure == "amount":
            form = (
                _("whose “%(name)s” come to at least %(value)s")
                if least
                else _("whose “%(name)s” come to at most %(value)s")
            )
            return form % {"name": self.name, "value": value_words(self.value)}
        times = int(self.value)
        form = (
            ngettext(
                "with “%(name)s” at least %(times)s time",
                "with “%(name)s” at least %(times)s times",
                times,
            )
            if least
            else ngettext(
                "with “%(name)s” at most %(times)s time",
                "with “%(name)s” at most %(times)s times",
                times,
            )
        )
        return form % {"name": self.name, "times": f"{times:,}"}
