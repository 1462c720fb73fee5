"""Rows whose every value is what its column takes already, as most are that come in.

The casts of files would change nothing about them, so they go around the casts. What
is only nearly so (a local time, a padded text, an unknown name) takes the long way,
which knows what to make of it and says what is wrong.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from psycopg import sql

from imports.database import EMPTY_OBJECT, comma
from imports.services.casts import MAX_TEXT, SQL_TYPES
from imports.services.identity import external_identity
from imports.services.parsing import storable_json
from imports.targets import NULL_WORD, Field, Target, get_target

_Check = Callable[[Any], bool]
_EDGES = " \t\r\n\u00a0"
_MAX_WHOLE = 10**18
_MAX_AMOUNT = 10**11
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")
_MOMENT = re.compile(
    r"[1-8][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
)


class TypedRows:
    """Tells which rows of a log are typed, and lays them out as a relation."""

    def __init__(self, target: Target) -> None:
        fields = [field for field in target.fields if field.cast in _CHECKS]
        self._target = target
        self._fields = {field.name: field for field in fields}
        self._checks = {field.name: _CHECKS[field.cast](field) for field in fields}
        self._required = {field.name for field in fields if field.required}
        self._now = {field.name for field in fields if field.now_when_live}
        self._references = set(target.identified_by) & self._fields.keys()

    def take(
        self, rows: Mapping[int, Mapping[str, Any]]
    ) -> tuple[str, frozenset[str]] | None:
        """Return the rows as JSON and the fields that they use.

        None unless all of them are typed.
        """
        now = dict.fromkeys(self._now, timezone.now().isoformat())
        records: list[dict[str, Any]] = []
        shapes: dict[tuple[str, ...], list[_Check] | None] = {}
        for line, given in rows.items():
            row = self._without_nothing(given) if None in given.values() else given
            names = tuple(row)
            if names not in shapes:
                shapes[names] = self._checks_of(names)
            checks = shapes[names]
            if checks is None:
                return None
            for check, value in zip(checks, row.values(), strict=True):
                if not check(value):
                    return None
            records.append({"line": line, **now, **row})
        text = storable_json(records)
        return None if text is None else (text, frozenset(now).union(*shapes))

    def _without_nothing(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value
            for name, value in row.items()
            if value is not None or name not in self._fields
        }

    def _checks_of(self, names: tuple[str, ...]) -> list[_Check] | None:
        """The checks of rows with these keys; None: such rows are not typed."""
        if (
            not self._required <= self._now.union(names)
            or not self._checks.keys() >= set(names)
            or len(self._references.intersection(names)) != 1
        ):
            return None
        return [self._checks[name] for name in names]

    def select(self, used: Iterable[str]) -> sql.Composable:
        """SELECT the rows of parameter $1 in the shape of cast rows."""
        used = set(used)
        given = [sql.SQL("line bigint")] + [
            sql.SQL("{} {}").format(sql.Identifier(name), _sql_type(field))
            for name, field in self._fields.items()
            if name in used
        ]
        columns: list[sql.Composable] = []
        extra: sql.Composable = EMPTY_OBJECT
        for name, field in self._fields.items():
            if field.cast == "json":
                if name in used:
                    extra = sql.SQL("coalesce({}, '{{}}')").format(sql.Identifier(name))
            elif name in used:
                columns.append(sql.Identifier(name))
            else:
                null = sql.SQL("NULL::{} AS {}")
                columns.append(null.format(_sql_type(field), sql.Identifier(name)))
        return sql.SQL(
            "SELECT line, {}, {} AS extra, {} AS identity"
            " FROM jsonb_to_recordset($1::jsonb) AS given ({})"
        ).format(comma(columns), extra, self._identity(used), comma(given))

    def _identity(self, used: set[str]) -> sql.Composable:
        own = sql.SQL("gen_random_uuid()")
        if "external_id" not in used:
            return own
        return external_identity(self._target, sql.SQL("external_id"), own)


@functools.cache
def typed_rows(name: str) -> TypedRows:
    return TypedRows(get_target(name))


def _sql_type(field: Field) -> sql.SQL:
    return sql.SQL(SQL_TYPES[field.cast])


def _text(field: Field) -> _Check:
    longest = field.max_length or MAX_TEXT

    def is_typed(value: Any) -> bool:
        return (
            type(value) is str
            and 0 < len(value) <= longest
            and value[0] not in _EDGES
            and value[-1] not in _EDGES
            and value != NULL_WORD
        )

    def is_choice(value: Any) -> bool:
        return type(value) is str and value in field.choices

    return is_choice if field.choices else is_typed


def _whole(_field: Field) -> _Check:
    return lambda value: type(value) is int and 0 <= value < _MAX_WHOLE


def _amount(_field: Field) -> _Check:
    def is_typed(value: Any) -> bool:
        if type(value) is str:
            return _AMOUNT.fullmatch(value) is not None
        return type(value) in (int, float) and -_MAX_AMOUNT < value < _MAX_AMOUNT

    return is_typed


def _moment(_field: Field) -> _Check:
    def is_typed(value: Any) -> bool:
        if type(value) is not str or not _MOMENT.fullmatch(value):
            return False
        try:
            datetime.fromisoformat(value)
        except ValueError:  # the 30th of February
            return False
        return True

    return is_typed


def _object(_field: Field) -> _Check:
    return lambda value: type(value) is dict


_CHECKS: dict[str, Callable[[Field], _Check]] = {
    "text": _text,
    "integer": _whole,
    "amount": _amount,
    "timestamp": _moment,
    "json": _object,
}
