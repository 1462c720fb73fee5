"""What pages read about the funnel."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from funnel.models import Activity, Booking, FunnelEvent, Group, Session
from marketing_os.lib.distinct import distinct_values
from marketing_os.lib.registry import TimelineEntry

_GROUPS_NAMED = 200


def known_stages() -> dict[str, list[str]]:
    """List the stages that customers were moved to, by funnel."""
    return {
        kind: distinct_values(FunnelEvent, "to_stage", funnel_type=kind)
        for kind in FunnelEvent.FunnelType.values
    }


def stage_names() -> list[str]:
    """List the names of all stages once, in order."""
    return sorted({name for stages in known_stages().values() for name in stages})


def activity_names() -> list[str]:
    """List the names of activities seen so far."""
    return distinct_values(Activity, "name")


def current_stages(customer_ids: Sequence[int]) -> Mapping[int, str]:
    """Say for each customer that moved where they stand, one part per funnel."""
    newest = (
        FunnelEvent.objects.filter(customer_id__in=customer_ids)
        .order_by("customer_id", "funnel_type", "-created_date", "-id")
        .distinct("customer_id", "funnel_type")
    )
    stages: dict[int, list[str]] = defaultdict(list)
    for event in newest:
        stages[event.customer_id].append(event.to_stage)
    return {pk: " · ".join(names) for pk, names in stages.items()}


def in_stage(customers: QuerySet[Any], funnel_type: str, stage: str) -> QuerySet[Any]:
    """Keep the customers whose newest move in a funnel led to a stage."""
    # A look-up by index for each move into the stage; NOT EXISTS a later one would have
    # the planner read all moves.
    newest = FunnelEvent.objects.filter(
        customer=OuterRef("customer"), funnel_type=funnel_type
    ).order_by("-created_date", "-pk")
    there = FunnelEvent.objects.filter(
        funnel_type=funnel_type, to_stage=stage, pk=Subquery(newest.values("pk")[:1])
    )
    return customers.filter(pk__in=there.values("customer_id"))


def moves_of(customer_id: int, limit: int) -> QuerySet[FunnelEvent]:
    """Return a customer's newest moves through the funnels."""
    return FunnelEvent.objects.filter(customer_id=customer_id)[:limit]


def conversions_of(customer_id: int) -> QuerySet[FunnelEvent]:
    """Return a customer's conversions, the first one first."""
    conversions = FunnelEvent.objects.filter(
        customer_id=customer_id, funnel_type=FunnelEvent.FunnelType.CONVERSION
    )
    return conversions.order_by("created_date", "id")


def moves_on_timeline(customer: Any, limit: int) -> Iterable[TimelineEntry]:
    """Tell a customer's newest moves."""
    for event in moves_of(customer.pk, limit):
        yield TimelineEntry(
            event.created_date,
            "conversion_path",
            str(event),
            event.get_funnel_type_display(),
            reverse("admin:funnel_funnelevent_change", args=(event.pk,)),
        )


def activities_on_timeline(customer: Any, limit: int) -> Iterable[TimelineEntry]:
    """Tell what a customer did last."""
    for activity in Activity.objects.filter(customer_id=customer.pk).order_by(
        F("occurred_at").desc(), "-id"
    )[:limit]:
        detail = "" if activity.amount is None else f"{activity.amount}"
        yield TimelineEntry(
            activity.occurred_at,
            "bolt",
            activity.name,
            detail,
            reverse("admin:funnel_activity_change", args=(activity.pk,)),
        )


def group_names() -> list[str]:
    """List the names of the first groups."""
    return list(Group.objects.values_list("name", flat=True)[:_GROUPS_NAMED])


def group_figures(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Count the sessions of groups: {group: {sessions, next}}."""
    sessions = (
        Session.objects.filter(group_id__in=ids)
        .order_by()
        .values("group_id")
        .annotate(
            sessions=Count("pk"),
            next=Min("starts_at", filter=Q(starts_at__gt=timezone.now())),
        )
    )
    return {row["group_id"]: dict(row) for row in sessions}


def session_figures(ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Count who booked sessions and who came: {session: {booked, attended}}."""
    counted = (
        Booking.objects.filter(session_id__in=ids)
        .order_by()
        .values("session_id")
        .annotate(booked=Count("pk"), attended=Count("pk", filter=Q(attended=True)))
    )
    return {
        row["session_id"]: {"booked": row["booked"], "attended": row["attended"]}
        for row in counted
    }
