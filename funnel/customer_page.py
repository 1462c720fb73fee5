"""What the funnel adds to the list and the pages of customers."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from funnel import selectors
from funnel.models import FunnelEvent
from marketing_os.lib.registry import CustomerColumn, registry


class StageFilter(ChoiceFilter):
    """Keep the customers who stand in a stage of a funnel."""

    def __init__(self) -> None:
        kinds = FunnelEvent.FunnelType
        choices = [
            (kinds(kind).label, [(f"{kind}:{stage}", stage) for stage in stages])
            for kind, stages in selectors.known_stages().items()
            if stages
        ]
        super().__init__(
            label=_("Current stage"), empty_label=_("Any"), choices=choices
        )

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        kind, _colon, stage = value.partition(":")
        return selectors.in_stage(qs, kind, stage) if stage else qs


registry.customer_columns.append(
    CustomerColumn("stage", _("Current stage"), selectors.current_stages)  # type: ignore[arg-type]
)
registry.customer_filters["stage"] = StageFilter
registry.timeline_sources += [
    selectors.moves_on_timeline,
    selectors.activities_on_timeline,
]
