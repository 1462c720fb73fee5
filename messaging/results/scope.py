"""Whose results are told: those of one dispatch, of a series or of a template."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from messaging.models import ConversionGoal, Dispatch, MessageTemplate

_GOALS_SHOWN = 20


@dataclass(frozen=True)
class Scope:
    """Some dispatches, and what the list of deliveries finds all of theirs by."""

    title: str
    search: dict[str, Any]
    ids: Sequence[int] = ()
    # Who of a cancelled dispatch got it before was not drawn by lot.
    cancelled: frozenset[int] = frozenset()
    since: datetime | None = None
    series: Sequence[str] = ()

    @classmethod
    def of(cls, title: str, dispatches: QuerySet[Dispatch], **search: Any) -> "Scope":
        """Read which dispatches there are."""
        rows = list(
            dispatches.order_by("-id").values_list(
                "id", "state", "created_at", "series"
            )
        )
        return cls(
            title=title,
            search=search,
            ids=[pk for pk, *_rest in rows],
            cancelled=frozenset(
                pk for pk, state, *_r in rows if state == Dispatch.State.CANCELLED
            ),
            since=min((created for _p, _s, created, _n in rows), default=None),
            series=list(dict.fromkeys(series for *_rest, series in rows if series)),
        )

    def goals(self) -> list[ConversionGoal]:
        """Return what counts as a conversion of these dispatches, the newest of many."""
        known = ConversionGoal.objects.filter(series__in=self.series)
        return sorted(known.order_by("-id")[:_GOALS_SHOWN], key=lambda goal: goal.pk)


def of_dispatch(dispatch: Dispatch) -> Scope:
    return Scope.of(
        dispatch.name, Dispatch.objects.filter(pk=dispatch.pk), dispatch=dispatch.pk
    )


def of_series(title: str, series: str) -> Scope:
    """Return the scope of a series, also of one of which nothing was sent yet."""
    dispatches = Dispatch.objects.filter(series=series)
    return replace(Scope.of(title, dispatches, series=series), series=(series,))


def of_template(template: MessageTemplate) -> Scope:
    return Scope.of(
        template.name, Dispatch.objects.filter(template=template), template=template.pk
    )
