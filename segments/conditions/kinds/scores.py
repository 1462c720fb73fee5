"""Conditions on what customers are classified as, and on their scores."""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _
from psycopg import sql

from segments import classification
from segments.conditions.catalogue import Catalogue
from segments.conditions.comparisons import OPERATORS, Comparison, read_comparison
from segments.conditions.entry import Entry
from segments.conditions.kinds.shapes import COMPARING, choice
from segments.conditions.moments import Clock
from segments.conditions.predicate import Predicate, exists
from segments.conditions.tree import Leaf
from segments.conditions.words import comparison_words
from segments.models import CustomerScore, Standing

IS = ("is", "is_not")
STANDINGS = dict(Standing.choices)
LEVELS = {level.name.lower(): level for level in CustomerScore.Level}
LEVEL_SIGNS = {"is": "=", "at_least": ">=", "at_most": "<="}
RISK_OPERATORS = {
    name: OPERATORS["numeric"][name]
    for name in ("at_least", "at_most", "between", "is_set", "is_not_set")
}
_SCORE = (
    "FROM customer_scores s WHERE s.customer_id = c.id"
    " AND s.refresh_id = (SELECT id FROM score_refreshes WHERE is_current)"
)


def _scored(test: sql.Composable) -> Predicate:
    query = sql.SQL("SELECT {} AND {}").format(sql.SQL(_SCORE), test)
    return exists(query)


@dataclass(frozen=True, kw_only=True)
class ClassificationCondition(Leaf):
    """The customer is, or is not, classified as this."""

    type: ClassVar[str] = "classification"
    keys: ClassVar[dict[str, object]] = {
        "operator": choice(IS),
        "standing": choice(STANDINGS),
    }
    required: ClassVar[tuple[str, ...]] = ("operator", "standing")

    is_negated: bool
    standing: str

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(
            path=entry.path,
            is_negated=entry.choice("operator", IS) == "is_not",
            standing=entry.choice("standing", STANDINGS),
        )

    def _facts(self, clock: Clock) -> sql.Composable:
        return classification.Rules.current().facts(clock)

    def predicate(self, clock: Clock) -> Predicate:
        query = sql.SQL("SELECT FROM ({}) AS f WHERE f.id = c.id AND f.standing = {}")
        found = exists(query.format(self._facts(clock), sql.Literal(self.standing)))
        return found.negated_if(self.is_negated)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(
            "(SELECT jsonb_build_object('times', f.purchases, 'amount', f.spend,"
            " 'last', f.last_purchase, 'opened', f.opens)"
            " FROM ({}) AS f WHERE f.id = c.id)"
        ).format(self._facts(clock))

    def words(self) -> str:
        form = _("not classified as %s") if self.is_negated else _("classified as %s")
        return form % f"“{STANDINGS[self.standing]}”"


@dataclass(frozen=True, kw_only=True)
class RiskCondition(Leaf):
    """The retention risk, as last computed, compares as asked."""

    type: ClassVar[str] = "risk"
    keys: ClassVar[dict[str, object]] = {
        "operator": choice(RISK_OPERATORS),
        "value": COMPARING["value"],
    }
    required: ClassVar[tuple[str, ...]] = ("operator",)

    comparison: Comparison

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        entry.choice("operator", RISK_OPERATORS)
        found = read_comparison(entry, "numeric")
        values = found.value if isinstance(found.value, tuple) else (found.value,)
        if any(value is not None and not 0 <= value <= 1 for value in values):
            raise entry.refuse("value", _("A risk is a number from 0 to 1."))
        return cls(path=entry.path, comparison=found)

    def predicate(self, clock: Clock) -> Predicate:
        operator, value = self.comparison.operator, self.comparison.value
        if operator in ("is_set", "is_not_set"):
            return _scored(sql.SQL("true")).negated_if(operator == "is_not_set")
        least, most = {
            "at_least": (value, 1),
            "at_most": (0, value),
        }.get(operator, value)
        test = sql.SQL("s.risk BETWEEN {} AND {}")
        return _scored(test.format(sql.Literal(least), sql.Literal(most)))

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL(f"(SELECT to_jsonb(s.risk) {_SCORE})")

    def words(self) -> str:
        return _("whose retention risk %s") % comparison_words(self.comparison)


@dataclass(frozen=True, kw_only=True)
class ActivityLevelCondition(Leaf):
    """The activity level, as last computed, is this one, or so at least or at most."""

    type: ClassVar[str] = "activity_level"
    keys: ClassVar[dict[str, object]] = {
        "operator": choice(LEVEL_SIGNS),
        "level": choice(LEVELS),
    }
    required: ClassVar[tuple[str, ...]] = ("operator", "level")

    operator: str
    level: str

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(
            path=entry.path,
            operator=entry.choice("operator", LEVEL_SIGNS),
            level=entry.choice("level", LEVELS),
        )

    def predicate(self, clock: Clock) -> Predicate:
        test = sql.SQL(f"s.level {LEVEL_SIGNS[self.operator]} {{}}")
        return _scored(test.format(sql.Literal(int(LEVELS[self.level]))))

    def seen(self, clock: Clock) -> sql.Composable:
        cases = sql.SQL(" ").join(
            sql.SQL("WHEN {} THEN {}").format(
                sql.Literal(int(level)), sql.Literal(str(level.label))
            )
            for level in CustomerScore.Level
        )
        return sql.SQL("(SELECT to_jsonb(CASE s.level {} END::text) {})").format(
            cases, sql.SQL(_SCORE)
        )

    def words(self) -> str:
        forms = {
            "is": _("whose activity level is %s"),
            "at_least": _("whose activity level is at least %s"),
            "at_most": _("whose activity level is at most %s"),
        }
        return forms[self.operator] % str(LEVELS[self.level].label).lower()
