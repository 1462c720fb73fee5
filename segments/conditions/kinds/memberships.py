"""Conditions on other segments: a segment that uses segments."""

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _
from psycopg import sql

from segments.conditions import compiling, reading
from segments.conditions.catalogue import DEEPEST_CHAIN, Catalogue
from segments.conditions.entry import BIGGEST_ID, Entry
from segments.conditions.kinds.shapes import ID, choice
from segments.conditions.moments import Clock
from segments.conditions.predicate import Predicate, exists
from segments.conditions.tree import Leaf, Tree
from segments.errors import ConditionError
from segments.models import Segment

_OPERATORS = ("in", "not_in")


@dataclass(frozen=True, kw_only=True)
class SegmentCondition(Leaf):
    """The customer is, or is not, in another segment.

    Lists and conditions are part of the query. What SQL and functions find is read
    from their last look-up.
    """

    type: ClassVar[str] = "segment"
    keys: ClassVar[dict[str, object]] = {"operator": choice(_OPERATORS), "segment": ID}
    required: ClassVar[tuple[str, ...]] = ("operator", "segment")

    is_negated: bool
    segment: Segment
    tree: Tree | None

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        pk = entry.whole("segment", least=1, most=BIGGEST_ID)
        segment = catalogue.segment(pk)
        if segment is None:
            raise entry.refuse("segment", _("This segment does not exist."))
        if segment.pk in catalogue.chain:
            raise entry.refuse(
                "segment",
                _("“%s” uses this segment, so it would refer to itself.") % segment,
            )
        if len(catalogue.chain) >= DEEPEST_CHAIN:
            raise entry.refuse("segment", _("Too many segments use one another here."))
        return cls(
            path=entry.path,
            is_negated=entry.choice("operator", _OPERATORS) == "not_in",
            segment=segment,
            tree=cls._inner(segment, entry, catalogue),
        )

    @staticmethod
    def _inner(segment: Segment, entry: Entry, catalogue: Catalogue) -> Tree | None:
        if segment.type != Segment.Type.CONDITIONS:
            return None
        try:
            return reading.read_document(segment.conditions, catalogue.within(segment))
        except ConditionError as error:
            raise entry.refuse(
                "segment",
                _("“%(segment)s” cannot be used: %(error)s")
                % {"segment": segment, "error": error},
            ) from error

    def predicate(self, clock: Clock) -> Predicate:
        form = (
            "SELECT FROM customer_segment_customer_list l"
            " WHERE l.customer_id = c.id AND l.customer_segment_id = {}"
            if self.segment.type == Segment.Type.MANUAL
            else "SELECT FROM segment_snapshot_members l WHERE l.customer_id = c.id"
            " AND l.snapshot_id = (SELECT max(s.id) FROM segment_snapshots s"
            " WHERE s.segment_id = {} AND s.state = 'ready')"
        )
        query = sql.SQL(form).format(sql.Literal(self.segment.pk))
        return exists(query).negated_if(self.is_negated)

    def condition(self, clock: Clock, *, is_negated: bool) -> sql.Composable:
        if self.tree is None:
            return super().condition(clock, is_negated=is_negated)
        is_negated = is_negated != self.is_negated
        return compiling.condition(self.tree.root, clock, is_negated=is_negated)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL("NULL::jsonb")

    def words(self) -> str:
        form = (
            _("not in the segment “%s”")
            if self.is_negated
            else _("in the segment “%s”")
        )
        return form % self.segment

    @property
    def uses(self) -> tuple[Segment, ...]:
        inner = self.tree.uses if self.tree is not None else ()
        return (self.segment, *inner)
