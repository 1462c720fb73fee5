"""Conditions on the funnel: the stage where a customer is, and moves."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg import sql

from funnel.models import FunnelEvent
from segments.conditions.catalogue import Catalogue
from segments.conditions.entry import MOST_DAYS, Entry
from segments.conditions.kinds.shapes import (
    TEXTS,
    WINDOW,
    Window,
    choice,
    ever,
    in_window,
    read_window,
    window_words,
)
from segments.conditions.moments import Clock, Moment, Today
from segments.conditions.predicate import Predicate, exists
from segments.conditions.tree import Leaf
from segments.conditions.words import list_words

FUNNELS = dict(FunnelEvent.FunnelType.choices)
STAGE_OPERATORS = ("in", "not_in", "none")
MOVED_OPERATORS = ("did", "did_not")
_OWNER = ("e", "customer_id")
_WHEN = Moment(sql.SQL("e.created_date"), _OWNER)
_DAYS: dict[str, object] = {"type": "integer", "minimum": 0, "maximum": MOST_DAYS}


def _listed(column: str, values: tuple[str, ...]) -> sql.Composable:
    return sql.SQL("{} IN ({})").format(
        sql.SQL(column), sql.SQL(", ").join(sql.Literal(value) for value in values)
    )


def _events(funnel: str) -> sql.Composed:
    return sql.SQL(
        "FROM funnel_events e WHERE e.customer_id = c.id AND e.funnel_type = {}"
    ).format(sql.Literal(funnel))


@dataclass(frozen=True, kw_only=True)
class StageCondition(Leaf):
    """The customer's newest move in a funnel led to one of some stages.

    `at_least` and `at_most` count the days since that move, by the customer's calendar.
    """

    type: ClassVar[str] = "stage"
    keys: ClassVar[dict[str, object]] = {
        "funnel": choice(FUNNELS),
        "operator": choice(STAGE_OPERATORS),
        "stages": TEXTS,
        "days_at_least": _DAYS,
        "days_at_most": _DAYS,
    }
    required: ClassVar[tuple[str, ...]] = ("funnel", "operator")

    funnel: str
    operator: str
    stages: tuple[str, ...]
    at_least: int | None
    at_most: int | None

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        operator = entry.choice("operator", STAGE_OPERATORS)
        days: dict[str, Any] = {
            key: entry.whole(key, most=MOST_DAYS) if entry.has(key) else None
            for key in ("days_at_least", "days_at_most")
        }
        if operator != "in" and any(day is not None for day in days.values()):
            raise entry.refuse(
                "operator", _("Days count only in a stage that the customer is in.")
            )
        return cls(
            path=entry.path,
            funnel=entry.choice("funnel", FUNNELS),
            operator=operator,
            stages=() if operator == "none" else entry.texts("stages"),
            at_least=days["days_at_least"],
            at_most=days["days_at_most"],
        )

    def predicate(self, clock: Clock) -> Predicate:
        if self.operator == "none":
            return exists(sql.SQL("SELECT {}").format(_events(self.funnel))).negated
        tests = [_listed("e.to_stage", self.stages)]
        if self.at_least is not None:
            tests.append(clock.before(_WHEN, Today(1 - self.at_least)))
        if self.at_most is not None:
            tests.append(clock.since(_WHEN, Today(-self.at_most)))
        query = sql.SQL(
            "SELECT {} AND {} AND NOT EXISTS (SELECT FROM funnel_events later"
            " WHERE later.customer_id = e.customer_id"
            " AND later.funnel_type = e.funnel_type"
            " AND (later.created_date, later.id) > (e.created_date, e.id))"
        ).format(_events(self.funnel), sql.SQL(" AND ").join(tests))
        return exists(query).negated_if(self.operator == "not_in")

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_build_object('stage', e.to_stage, 'since', e.created_date) {}"
            " ORDER BY e.created_date DESC, e.id DESC LIMIT 1)"
        ).format(_events(self.funnel))

    def words(self) -> str:
        funnel = FUNNELS[self.funnel]
        if self.operator == "none":
            return _("who are at no stage of the funnel “%s”") % funnel
        form = (
            _("who are at %(stages)s in the funnel “%(funnel)s”")
            if self.operator == "in"
            else _("who are not at %(stages)s in the funnel “%(funnel)s”")
        )
        words = form % {"stages": list_words(self.stages), "funnel": funnel}
        return words + self._days_words()

    def _days_words(self) -> str:
        words = ""
        if self.at_least is not None:
            words += " " + ngettext(
                "for at least %s day", "for at least %s days", self.at_least
            ) % (self.at_least)
        if self.at_most is not None:
            words += " " + ngettext(
                "for at most %s day", "for at most %s days", self.at_most
            ) % (self.at_most)
        return words


@dataclass(frozen=True, kw_only=True)
class MovedCondition(Leaf):
    """The customer moved from and to stages in a window; either side may be open."""

    type: ClassVar[str] = "moved"
    keys: ClassVar[dict[str, object]] = {
        "funnel": choice(FUNNELS),
        "operator": choice(MOVED_OPERATORS),
        "from": TEXTS,
        "to": TEXTS,
        "window": WINDOW,
    }
    required: ClassVar[tuple[str, ...]] = ("funnel", "operator")

    funnel: str
    is_negated: bool
    origins: tuple[str, ...]
    targets: tuple[str, ...]
    window: Window

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(
            path=entry.path,
            funnel=entry.choice("funnel", FUNNELS),
            is_negated=entry.choice("operator", MOVED_OPERATORS) == "did_not",
            origins=entry.texts("from") if entry.has("from") else (),
            targets=entry.texts("to") if entry.has("to") else (),
            window=read_window(entry),
        )

    def _moves(self, clock: Clock) -> sql.Composable:
        tests: list[sql.Composable] = [_events(self.funnel)]
        if self.origins:
            tests.append(_listed("e.from_stage", self.origins))
        if self.targets:
            tests.append(_listed("e.to_stage", self.targets))
        if self.window is not None:
            tests.append(in_window(self.window, _WHEN, clock))
        return sql.SQL(" AND ").join(tests)

    def predicate(self, clock: Clock) -> Predicate:
        query = sql.SQL("SELECT {}").format(self._moves(clock))
        return exists(query).negated_if(self.is_negated)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_build_object('times', count(*),"
            " 'last', max(e.created_date)) {})"
        ).format(self._moves(clock))

    def words(self) -> str:
        words = _("who did not move") if self.is_negated else _("who moved")
        if self.origins:
            words += " " + _("from %s") % list_words(self.origins)
        if self.targets:
            words += " " + _("to %s") % list_words(self.targets)
        words += " " + _("in the funnel “%s”") % FUNNELS[self.funnel]
        return words + (
            ever(self.window) if self.is_negated else window_words(self.window)
        )
