"""What pages, commands and the API show of segments."""

from dataclasses import dataclass

from django.db import connection, models
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from customers.models import AttributeDefinition, Customer
from marketing_os.lib.registry import registry
from segments.models import (
    Segment,
    SegmentMember,
    SegmentSnapshot,
    SegmentSnapshotMember,
)


@dataclass(frozen=True)
class Use:
    """Something outside this app that refers to a segment."""

    kind: str
    name: str
    url: str


@dataclass(frozen=True)
class ViewColumn:
    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class SegView:
    """One of the tables that SQL segments may read."""

    name: str
    comment: str
    columns: tuple[ViewColumn, ...]


def segments_with_counts() -> QuerySet[Segment]:
    """Return segments with what is known of their size, without looking any up.

    `known_count` is None when it was never found out; `counted_at` is when it was,
    None for lists, whose count is exact. `last_state` and `last_error` tell of the
    newest look-up of all.
    """
    listed = (
        SegmentMember.objects.filter(segment=OuterRef("pk"))
        .order_by()
        .values("segment")
        .annotate(count=Count("pk"))
        .values("count")
    )
    looked_up = SegmentSnapshot.objects.filter(segment=OuterRef("pk")).order_by("-id")
    ready = looked_up.filter(state=SegmentSnapshot.State.READY)
    return Segment.objects.annotate(
        known_count=models.Case(
            models.When(type=Segment.Type.MANUAL, then=Coalesce(Subquery(listed), 0)),
            default=Subquery(ready.values("customer_count")[:1]),
            output_field=models.BigIntegerField(),
        ),
        counted_at=Subquery(ready.values("finished_at")[:1]),
        last_state=Subquery(looked_up.values("state")[:1]),
        last_error=Subquery(looked_up.values("error")[:1]),
    )


def known_customers(segment: Segment) -> QuerySet[Customer]:
    """Return who is in the segment as last found; nothing is looked up."""
    if segment.type == Segment.Type.MANUAL:
        return Customer.objects.active().filter(segment_memberships__segment=segment)
    newest = SegmentSnapshot.objects.filter(
        segment=segment, state=SegmentSnapshot.State.READY
    ).order_by("-id")
    found = SegmentSnapshotMember.objects.filter(
        snapshot=Subquery(newest.values("pk")[:1])
    )
    return Customer.objects.active().filter(pk__in=found.values("customer_id"))


def segments_of(customer: Customer) -> QuerySet[Segment]:
    """Return the segments that the customer is in, as they were last looked up."""
    newest = (
        SegmentSnapshot.objects.filter(state=SegmentSnapshot.State.READY)
        .order_by("segment_id", "-id")
        .distinct("segment_id")
        .values("pk")
    )
    found = SegmentSnapshotMember.objects.filter(customer=customer, snapshot__in=newest)
    looked_up = Q(pk__in=found.values("snapshot__segment"))
    listed = Q(type=Segment.Type.MANUAL) & Q(
        pk__in=SegmentMember.objects.filter(customer=customer).values("segment")
    )
    return segments_with_counts().filter(
        listed | (looked_up & ~Q(type=Segment.Type.MANUAL))
    )


def uses_of(segment: Segment) -> list[Use]:
    """Return what of other apps refers to the segment, such as automations."""
    uses = []
    for relation in Segment._meta.related_objects:
        model = relation.related_model
        if model._meta.app_label == Segment._meta.app_label:
            continue
        rows = model._default_manager.filter(**{relation.field.name: segment})[:50]
        for row in rows:
            url = getattr(row, "get_absolute_url", lambda: "")()
            kind = capfirst(str(model._meta.verbose_name))
            uses.append(Use(kind=kind, name=str(row), url=url))
    for kind, ask in registry.segment_uses.items():
        uses += [Use(_(kind), found.title, found.url) for found in ask(segment.pk)]
    return [*uses, *_uses_in_conditions(segment)]


def _uses_in_conditions(segment: Segment) -> list[Use]:
    """Find the segments that ask in their conditions for this one."""
    path = f"$.**.segment == {segment.pk:d}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customer_segments WHERE type = 'conditions'"
            " AND conditions @@ %s::jsonpath LIMIT 50",
            [path],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return [
        Use(kind=str(_("Segment")), name=found.name, url=found.get_absolute_url())
        for found in Segment.objects.filter(pk__in=ids)
    ]


def past_counts(segment: Segment, limit: int = 60) -> list[SegmentSnapshot]:
    """Return the look-ups that came to their end, the oldest of the newest first."""
    ready = segment.snapshots.filter(state=SegmentSnapshot.State.READY)
    return list(ready.order_by("-id")[:limit])[::-1]


def readable_attributes() -> QuerySet[AttributeDefinition]:
    """Return the attributes that SQL segments may read."""
    return AttributeDefinition.objects.filter(sensitive=False)


def seg_views() -> list[SegView]:
    """Return the tables that SQL segments may read, with their columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT view.relname, obj_description(view.oid, 'pg_class'),
                   attribute.attname,
                   CASE format_type(attribute.atttypid, NULL)
                       WHEN 'character varying' THEN 'text'
                       WHEN 'timestamp with time zone' THEN 'timestamptz'
                       WHEN 'double precision' THEN 'float'
                       ELSE format_type(attribute.atttypid, NULL) END,
                   col_description(view.oid, attribute.attnum)
            FROM pg_class view
            JOIN pg_attribute attribute ON attribute.attrelid = view.oid
            WHERE view.relnamespace = 'seg'::regnamespace AND view.relkind = 'v'
              AND attribute.attnum > 0 AND NOT attribute.attisdropped
            ORDER BY view.oid, attribute.attnum
            """
        )
        rows = cursor.fetchall()
    views: dict[str, SegView] = {}
    for name, comment, column, kind, note in rows:
        view = views.get(name) or SegView(name, comment or "", ())
        columns = (*view.columns, ViewColumn(column, kind, note or ""))
        views[name] = SegView(name, view.comment, columns)
    return list(views.values())
