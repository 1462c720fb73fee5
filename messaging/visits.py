"""Figures about who opened the mails of a dispatch and followed their links."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from messaging.models import Delivery, DeliveryEvent, Dispatch, VisitCount
from messaging.services import history

_WENT_OUT = (
    Delivery.State.ACCEPTED,
    Delivery.State.DELIVERED,
    Delivery.State.BOUNCED,
    Delivery.State.COMPLAINED,
)


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
    """What is known of a dispatch's readers; `sent` is how many mails went out."""

    sent: int
    opened: int = 0
    clicked: int = 0
    openings: int = 0
    machine_openings: int = 0
    links: list[LinkFigures] = field(default_factory=list)

    @property
    def opened_percent(self) -> float:
        return 100 * self.opened / self.sent if self.sent else 0.0

    @property
    def clicked_percent(self) -> float:
        return 100 * self.clicked / self.sent if self.sent else 0.0


def visit_figures(
    dispatch: Dispatch, counts: Iterable[tuple[str, str, int]]
) -> VisitFigures:
    """Count the visits of people and of programs to a dispatch's mails.

    `counts` are its deliveries by state and reason, which its page has counted.
    """
    opened = dispatch.deliveries.filter(opened_at__isnull=False)
    figures = VisitFigures(
        sent=sum(count for state, _reason, count in counts if state in _WENT_OUT),
        **opened.aggregate(opened=Count("pk"), clicked=Count("clicked_at")),
    )
    links: dict[str, LinkFigures] = defaultdict(lambda: LinkFigures(""))
    for row in [*_kept(dispatch), *_counted(dispatch)]:
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


def _kept(dispatch: Dispatch) -> Iterable[Any]:
    human = Q(is_human=True)
    return (
        DeliveryEvent.objects.filter(dispatch=dispatch)
        .order_by()
        .values("kind", "link__url")
        .annotate(
            people=Count("delivery", distinct=True, filter=human),
            visits=Count("pk", filter=human),
            machines=Count("pk", filter=~human),
        )
    )


def _counted(dispatch: Dispatch) -> Iterable[Any]:
    for row in VisitCount.objects.filter(dispatch=dispatch).select_related("link"):
        yield {
            "kind": row.kind,
            "link__url": row.link.url if row.link else "",
            "people": 0,
            "visits": row.count if row.is_human else 0,
            "machines": 0 if row.is_human else row.count,
        }
