"""Attributes: their definitions, the view over them, their indexes."""

import logging
from collections.abc import Iterable, Mapping

from django.db import connection, transaction
from psycopg import sql

from customers.models import AttributeDefinition
from imports.database import comma, execute, fetch
from imports.services.casts import EXTRA_TYPES
from marketing_os.lib.errors import DomainError
from marketing_os.lib.locks import Lock, hold

logger = logging.getLogger(__name__)

MAX_NAME = 255
INDEXED_TEXT = 200
_ID_SHIFT = 1_048_576  # 2 ** 20: leaves 43 bits for customers
_STRIP_BATCH = 10_000


def known_types(names: list[str] | None) -> dict[str, str]:
    """Return the type of each of `names`, or of all, that is defined."""
    found = AttributeDefinition.objects.all()
    if names is not None:
        found = found.filter(name__in=names)
    return dict(found.values_list("name", "field_type"))


@transaction.atomic
def define_attributes(types: Mapping[str, str]) -> list[str]:
    """Make sure that attributes {name: type} are defined; return those that are new.

    Raises DomainError for a type that differs from the one an attribute has.
    """
    for name, field_type in types.items():
        _refuse_bad_definition(name, field_type)
    known = known_types(list(types))
    if any(name not in known for name in types):
        _lock_definitions()
        known = known_types(list(types))
    _refuse_other_types(types, known)
    new = [
        AttributeDefinition(name=name, field_type=field_type)
        for name, field_type in types.items()
        if name not in known
    ]
    if new:
        AttributeDefinition.objects.bulk_create(new)
        rebuild_view()
    return [definition.name for definition in new]


def _refuse_other_types(types: Mapping[str, str], known: Mapping[str, str]) -> None:
    for name, field_type in types.items():
        if known.get(name, field_type) != field_type:
            raise DomainError(
                f"“{name}” is of type {known[name]} already, so it cannot become"
                f" {field_type}."
            )


def _refuse_bad_definition(name: str, field_type: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or "\0" in name:
        raise DomainError("The name of an attribute has 1 to 255 characters.")
    if field_type not in EXTRA_TYPES:
        raise DomainError(f"“{field_type}” is no type; use {', '.join(EXTRA_TYPES)}.")


def _lock_definitions() -> None:
    """Let one transaction at a time change definitions and the view made of them."""
    hold(Lock.ATTRIBUTES)


def rebuild_view() -> None:
    """Make the view of attribute values from the definitions: one branch for each.

    A branch per attribute lets the planner drop the others when a name is asked for,
    and use the attribute's own index; a branch never needs to look inside the JSON
    of a customer who has no such attribute.
    """
    definitions = AttributeDefinition.objects.order_by("id")
    branches = [_branch(definition) for definition in definitions]
    execute(
        sql.SQL("CREATE OR REPLACE VIEW customer_attribute_values AS {}").format(
            sql.SQL(" UNION ALL ").join(branches or [sql.SQL(_NO_BRANCH)])
        )
    )


_NO_BRANCH = """
SELECT NULL::bigint AS id, NULL::bigint AS customer_id, NULL::text AS field_type,
       NULL::text AS field_name, NULL::jsonb AS field_value,
       NULL::timestamptz AS created_date, NULL::timestamptz AS updated_date,
       false AS sensitive
WHERE false
"""
# The dates under the empty name are those of all attributes that came with the
# customer; a customer without any came before dates were kept.
_BRANCH = """
SELECT customer.id * {shift} + {id} AS id, customer.id AS customer_id,
       {field_type}::text AS field_type, {name}::text AS field_name,
       customer.attributes -> {name} AS field_value,
       coalesce(epoch_timestamp(kept.dates -> {name} -> 0),
                epoch_timestamp(kept.dates -> '' -> 0),
                customer.created_date) AS created_date,
       coalesce(epoch_timestamp(kept.dates -> {name} -> 1),
                epoch_timestamp(kept.dates -> '' -> 1),
                customer.created_date) AS updated_date,
       {sensitive}::boolean AS sensitive
FROM customers AS customer
LEFT JOIN customer_attribute_dates AS kept ON kept.customer_id = customer.id
WHERE customer.attributes -> {name} IS NOT NULL
"""


def _branch(definition: AttributeDefinition) -> sql.Composable:
    return sql.SQL(_BRANCH).format(
        shift=sql.Literal(_ID_SHIFT),
        id=sql.Literal(definition.pk),
        field_type=sql.Literal(definition.field_type),
        name=sql.Literal(definition.name),
        sensitive=sql.Literal(definition.sensitive),
    )


@transaction.atomic
def set_attribute(
    definition: AttributeDefinition,
    *,
    label: str | None = None,
    sensitive: bool | None = None,
    indexed: bool | None = None,
) -> AttributeDefinition:
    """Change what may be changed of an attribute; its name and type may not.

    The index follows after the transaction, because it is built while others write.
    """
    _lock_definitions()
    definition = AttributeDefinition.objects.select_for_update().get(pk=definition.pk)
    given = {"label": label, "sensitive": sensitive, "indexed": indexed}
    changed = {
        name: value
        for name, value in given.items()
        if value is not None and getattr(definition, name) != value
    }
    for name, value in changed.items():
        setattr(definition, name, value)
    definition.save(update_fields=list(changed))
    if "sensitive" in changed:
        rebuild_view()
    if "indexed" in changed:
        transaction.on_commit(match_indexes, robust=True)
    return definition


def delete_attribute(definition: AttributeDefinition) -> None:
    """Take an attribute from every customer and forget its definition.

    The values go first, in short transactions, so that a new attribute of the same
    name can never find old values.
    """
    name = definition.name
    highest = fetch(sql.SQL("SELECT coalesce(max(id), 0) FROM customers"))[0][0]
    for start in range(0, highest + 1, _STRIP_BATCH):
        _strip(name, start, start + _STRIP_BATCH)
    with transaction.atomic():
        _lock_definitions()
        _strip(name, 0, highest + _STRIP_BATCH)
        AttributeDefinition.objects.filter(pk=definition.pk).delete()
        rebuild_view()
        transaction.on_commit(match_indexes, robust=True)


@transaction.atomic
def forget_unused(names: Iterable[str]) -> int:
    """Forget those of the attributes that nobody has and staff never touched.

    One look at all customers, however many names; returns how many were forgotten.
    """
    _lock_definitions()
    untouched = AttributeDefinition.objects.filter(
        name__in=list(names), label="", sensitive=False, indexed=False
    )
    used = sql.SQL(
        "SELECT DISTINCT key FROM customers, jsonb_object_keys(attributes) AS key"
        " WHERE attributes ?| {names} AND key = ANY ({names})"
    ).format(names=sql.Literal(list(untouched.values_list("name", flat=True))))
    forgotten, _ = untouched.exclude(name__in=[n for (n,) in fetch(used)]).delete()
    if forgotten:
        rebuild_view()
    return forgotten


def _strip(name: str, start: int, end: int) -> None:
    for table, column, key in (
        ("customers", "attributes", "id"),
        ("customer_attribute_dates", "dates", "customer_id"),
    ):
        execute(
            sql.SQL(
                "UPDATE {table} SET {column} = {column} - {name}"
                " WHERE {key} >= {start} AND {key} < {end}"
                " AND {column} -> {name} IS NOT NULL"
            ).format(
                table=sql.Identifier(table),
                column=sql.Identifier(column),
                key=sql.Identifier(key),
                name=sql.Literal(name),
                start=sql.Literal(start),
                end=sql.Literal(end),
            )
        )


def index_expression(name: str, field_type: str) -> sql.Composable:
    """Return what the index of an `indexed` attribute is on, for conditions to match.

    Texts are indexed by their first 200 characters (compare those, then the whole):
    an index row is limited to some 2,700 bytes. "C" makes prefixes findable. All
    other types are compared as jsonb.
    """
    if field_type == "string":
        return sql.SQL('(left(attributes ->> {}, {}) COLLATE "C")').format(
            sql.Literal(name), sql.Literal(INDEXED_TEXT)
        )
    return sql.SQL("(attributes -> {})").format(sql.Literal(name))


def match_indexes() -> None:
    """Build the indexes that `indexed` attributes lack and drop those left over.

    Each is built or dropped CONCURRENTLY, so outside a transaction; one that failed
    half-way is invalid and is built anew.
    """
    if connection.in_atomic_block:
        return
    wanted = {
        f"customers_attribute_{definition.pk}": definition
        for definition in AttributeDefinition.objects.filter(indexed=True)
    }
    valid = dict(
        fetch(
            sql.SQL(
                "SELECT c.relname, i.indisvalid FROM pg_index AS i"
                " JOIN pg_class AS c ON c.oid = i.indexrelid"
                " WHERE i.indrelid = 'customers'::regclass"
                " AND c.relname ~ '^customers_attribute_[0-9]+$'"
            )
        )
    )
    for name, is_valid in valid.items():
        if name not in wanted or not is_valid:
            execute(
                sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(
                    sql.Identifier(name)
                )
            )
    for name, definition in wanted.items():
        if not valid.get(name):
            _build_index(name, definition)


def _build_index(name: str, definition: AttributeDefinition) -> None:
    method = "gin" if definition.field_type == "array" else "btree"
    execute(
        sql.SQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS {} ON customers USING {} ({})"
        ).format(
            sql.Identifier(name),
            sql.SQL(method),
            comma([index_expression(definition.name, definition.field_type)]),
        )
    )
