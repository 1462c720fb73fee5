"""Who opened the mails of some dispatches and followed their links."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, Sum

from messaging.models import DeliveryEvent, VisitCount
from messaging.results.scope import Scope
from messaging.services import history


@dataclass
class LinkFigures:
    """How often a link was followed: by people, by how many, and by programs.

    `people` counts only those that are known; visits may be counted without names.
    """

    url: str
    people: int = 0
    visits: int = 0
    machines: int = 0


@dataclass
class VisitFigures:
    """How often mails were opened, by people and by programs, and their links."""

    openings: int = 0
    machine_openings: int = 0
    links: list[LinkFigures] = field(default_factory=list)

    @property
    def most_visits(self) -> int:
        return max((link.visits for link in self.links), default=0)


def visit_figures(scope: Scope) -> VisitFigures:
    """Count the visits of people and of programs to the mails of some dispatches."""
    figures = VisitFigures()
    links: dict[str, LinkFigures] = defaultdict(lambda: LinkFigures(""))
    for row in [*_kept(scope), *_counted(scope)]:
        if row["kind"] == history.OPENED:
            figures.openings += row["visits"]
            figures.machine_openings += row["machines"]
            continue
        link = links[row["link__url"]]
        link.url = row["link__url"] or ""
        link.people += row["people"]
        link.visits += row["visits"]
        link.machines += row["machines"]
    figures.links = sorted(links.values(), key=lambda link: -link.visits)
    return figures


def _kept(scope: Scope) -> Iterable[Any]:
    human = Q(is_human=True)
    return (
        DeliveryEvent.objects.filter(dispatch__in=scope.ids)
        .order_by()
        .values("kind", "link__url")
        .annotate(
            people=Count("delivery", distinct=True, filter=human),
            visits=Count("pk", filter=human),
            machines=Count("pk", filter=~human),
        )
    )


def _counted(scope: Scope) -> Iterable[Any]:
    human = Q(is_human=True)
    for row in (
        VisitCount.objects.filter(dispatch__in=scope.ids)
        .order_by()
        .values("kind", "link__url")
        .annotate(
            visits=Sum("count", filter=human), machines=Sum("count", filter=~human)
        )
    ):
        yield row | {
            "people": 0,
            "link__url": row["link__url"] or "",
            "visits": row["visits"] or 0,
            "machines": row["machines"] or 0,
        }
