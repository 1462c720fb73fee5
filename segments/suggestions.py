"""What the builder of conditions offers, taken from the data that is there.

Every read is bounded: names come through indexes, values from the newest rows.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from customers.models import MemberOffer, MemberTag
from customers.selectors import visible_definitions
from funnel.selectors import activity_names, known_stages
from marketing_os.lib.distinct import distinct_values
from messaging.models import MessageTemplate
from segments.models import Segment

_COVERAGE_ROWS = 2_000
_VALUE_ROWS = 10_000
_MOST_VALUES = 50
_LONGEST_VALUE = 100
_FIELDS_OFFERED = ("timezone",)


@dataclass(frozen=True)
class OfferedAttribute:
    """An attribute with how many of a hundred customers have it, of the newest ones."""

    name: str
    label: str
    type: str
    coverage: int | None


def offered_attributes(*, sensitive: bool) -> list[OfferedAttribute]:
    """List the attributes that a person may use, with their coverage."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH newest AS (SELECT attributes FROM customers ORDER BY id DESC LIMIT %s)"
            " SELECT key, 100.0 * count(*) / (SELECT count(*) FROM newest)"
            " FROM newest, jsonb_object_keys(attributes) AS key GROUP BY key",
            [_COVERAGE_ROWS],
        )
        coverage = dict(cursor.fetchall())
    return [
        OfferedAttribute(
            found.name, str(found), found.field_type, round(coverage.get(found.name, 0))
        )
        for found in visible_definitions(sensitive=sensitive)
    ]


def offered_names(segment: Segment | None) -> dict[str, Any]:
    """List the stages, activities, tags, codes, templates and segments there are."""
    segments = Segment.objects.all()
    if segment is not None:
        segments = segments.exclude(pk=segment.pk)
    codes = MemberOffer.objects.order_by("-id").values_list("offer_code", flat=True)
    templates = MessageTemplate.objects.order_by("name").values_list("pk", "name")
    return {
        "stages": known_stages(),
        "activities": activity_names(),
        "tags": distinct_values(MemberTag, "tag"),
        "codes": sorted(set(codes[:_VALUE_ROWS])),
        "templates": list(templates),
        "segments": list(segments.values_list("pk", "name")),
    }


def values_of_attribute(name: str, *, sensitive: bool) -> list[Any]:
    """List the most frequent values of an attribute among the newest customers."""
    definition = visible_definitions(sensitive=sensitive).filter(name=name).first()
    if definition is None or definition.field_type not in ("string", "array"):
        return []
    value = sql.SQL("attributes -> {}").format(sql.Literal(name))
    newest = sql.SQL(
        "SELECT {} AS value FROM customers ORDER BY id DESC LIMIT {}"
    ).format(value, sql.Literal(_VALUE_ROWS))
    return _most_frequent(newest)


def values_of_field(name: str) -> list[Any]:
    """List the most frequent values of a fixed field that names nobody."""
    if name not in _FIELDS_OFFERED:
        return []
    return _most_frequent(
        sql.SQL(
            "SELECT to_jsonb(nullif({}, '')) AS value FROM customers"
            " ORDER BY id DESC LIMIT {}"
        ).format(sql.Identifier(name), sql.Literal(_VALUE_ROWS))
    )


def properties_of_activity(name: str) -> list[tuple[str, str]]:
    """List the properties of an activity, each with the JSON type that it has most."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, mode() WITHIN GROUP (ORDER BY jsonb_typeof(value))"
            " FROM (SELECT properties FROM activities WHERE name = %s"
            " ORDER BY occurred_at DESC LIMIT %s) newest,"
            " jsonb_each(properties) GROUP BY key ORDER BY count(*) DESC LIMIT %s",
            [name, _COVERAGE_ROWS, _MOST_VALUES],
        )
        return [(key, kind) for key, kind in cursor.fetchall()]


def values_of_property(activity: str, name: str) -> list[Any]:
    """List the most frequent values of a property of an activity."""
    return _most_frequent(
        sql.SQL(
            "SELECT properties -> {} AS value FROM activities WHERE name = {}"
            " ORDER BY occurred_at DESC LIMIT {}"
        ).format(sql.Literal(name), sql.Literal(activity), sql.Literal(_VALUE_ROWS))
    )


def _most_frequent(rows: sql.Composable) -> list[str]:
    """Count texts, also those in lists, and leave long ones out."""
    query = sql.SQL(
        "SELECT item #>> '{{}}' FROM ({}) AS newest, jsonb_array_elements("
        "CASE jsonb_typeof(value) WHEN 'array' THEN value"
        " ELSE jsonb_build_array(value) END) AS item"
        " WHERE jsonb_typeof(item) = 'string' AND length(item #>> '{{}}') <= {}"
        " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {}"
    ).format(rows, sql.Literal(_LONGEST_VALUE), sql.Literal(_MOST_VALUES))
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall() if row[0]]
