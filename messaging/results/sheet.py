"""The figures of a page of results as rows of a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from django.utils.translation import gettext as _

from marketing_os.lib.exporting import Column
from messaging.models import Delivery
from messaging.results.conversions import Conversions, conversions
from messaging.results.lift import Share
from messaging.results.scope import Scope
from messaging.results.states import Figures, figures
from messaging.results.visits import visit_figures


@dataclass(frozen=True)
class Row:
    """One figure: of what kind, of what, how many, and of how many."""

    section: str
    what: str
    detail: str = ""
    count: float | str = ""
    of: int | str = ""
    percent: float | str = ""
    low: float | str = ""
    high: float | str = ""


COLUMNS: tuple[Column, ...] = tuple(
    (name, attrgetter(name))
    for name in ("section", "what", "detail", "count", "of", "percent", "low", "high")
)


def sheet(scope: Scope) -> Iterator[Row]:
    """Yield what the page of results shows, section by section."""
    counted = figures(scope)
    yield from _states(counted)
    yield from _reactions(counted)
    for link in visit_figures(scope).links:
        yield Row(_("link"), link.url, _("people"), link.people)
        yield Row(_("link"), link.url, _("visits"), link.visits)
        yield Row(_("link"), link.url, _("visits by programs"), link.machines)
    for found in conversions(scope):
        yield from _goal(found)


def _states(counted: Figures) -> Iterator[Row]:
    yield Row(_("audience"), _("audience"), "", counted.audience)
    for state, reason, count in counted.counts:
        yield Row(
            _("audience"),
            str(Delivery.State(state).label),
            str(Delivery.Reason(reason).label) if reason else "",
            count,
            counted.audience,
            _percent(count, counted.audience),
        )


def _reactions(counted: Figures) -> Iterator[Row]:
    for what, count in (
        (_("sent"), counted.sent),
        (_("delivered"), counted.arrived),
        (_("opened"), counted.opened),
        (_("followed a link"), counted.clicked),
        (_("unsubscribed"), counted.unsubscribed),
        (_("bounced"), counted.bounced),
        (_("complained"), counted.complained),
    ):
        yield Row(
            _("reactions"), what, "", count, counted.sent, _percent(count, counted.sent)
        )


def _goal(found: Conversions) -> Iterator[Row]:
    goal = found.goal
    section = _("conversion within %(days)s days") % {"days": goal.days}
    groups: tuple[tuple[str, Share], ...] = (
        (_("sent"), found.sent),
        (_("meant for"), found.meant),
        (_("held out"), found.held_out),
    )
    for title, share in groups:
        percent = round(share.percent, 4)
        yield Row(section, goal.name, title, share.done, share.people, percent)
    if lift := found.lift:
        yield Row(
            section,
            goal.name,
            _("lift in percentage points, with its 95 % interval"),
            percent=round(lift.points, 4),
            low=round(lift.low, 4),
            high=round(lift.high, 4),
        )


def _percent(count: int, of: int) -> float | str:
    return round(100 * count / of, 4) if of else ""
