"""From raw cells to cast rows: one SELECT, the same for files and API rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from psycopg import sql

from imports.database import EMPTY_OBJECT, any_of, comma
from imports.services.casts import (
    REASONS,
    SQL_TYPES,
    Reading,
    cast_sql,
    clean_sql,
    value_sql,
)
from imports.services.identity import content_identity, external_identity
from imports.services.judgement import (
    JUDGES,
    judge_values,
    judged_sql,
    prepare_verdicts,
    reason_sql,
    verdict_join,
)
from imports.services.mapping import Destination, fields_of
from imports.services.objects import cleared_object, json_objects
from imports.services.staging import cell
from imports.targets import NULL_WORD, Field, Target

_MAX_REJECTED_VALUE = 1000


@dataclass(frozen=True)
class Caster:
    """Builds the statements that cast the rows of one raw relation.

    `raw` has the columns line, problem and c0, c1, … (text). `repeatable`: rows
    without an external ID get their identity from their content, as in files, and
    not at random; `all_have_external_id` spares comparing them, which takes long.
    """

    target: Target
    raw: sql.Composable
    found: list[Destination]
    reading: Reading
    repeatable: bool
    all_have_external_id: bool = False

    def judge(self, look_up: Callable[[], None] | None = None) -> None:
        """Ask the libraries about the values that the database cannot judge.

        `look_up` is called now and then meanwhile.
        """
        if self._judged:
            prepare_verdicts()
        for field, index in self._judged:
            values = sql.SQL("(SELECT {} AS value FROM {} AS raw) AS cells").format(
                clean_sql(cell(index), self.reading), self.raw
            )
            judge_values(field.cast, values, look_up)

    def select(self) -> sql.Composable:
        """SELECT the cast rows, good and bad, in the shape of `cast_columns`."""
        columns: list[sql.Composable] = [
            self._field_column(field)
            for field in self.target.fields
            if _is_column(field)
        ]
        columns += [self._extra(), self._flags(), self._identity(), self._is_bad()]
        query = sql.SQL("SELECT line, {} FROM {} AS typed")
        return query.format(comma(columns), self._typed(self.raw))

    @property
    def external_id_cell(self) -> sql.Composable | None:
        """The cleaned cell that holds a row's external ID, if one is mapped."""
        found = [index for field, index in self._mapped if field.name == "external_id"]
        return clean_sql(cell(found[0]), self.reading) if found else None

    def columns_of_cast_rows(self) -> sql.Composable:
        """List the columns of cast rows, those that no header fills as constants.

        The planner of a statement over the rows then leaves out whatever hangs on
        them, such as the search for a customer by a reference that the file lacks.
        """
        mapped = {field.name for field, _ in self._mapped}
        fields = [
            sql.Identifier(field.name)
            if field.name in mapped
            else sql.SQL("NULL::{} AS {}").format(
                sql.SQL(SQL_TYPES[field.cast]), sql.Identifier(field.name)
            )
            for field in self.target.fields
            if _is_column(field)
        ]
        return sql.SQL("line, {}, extra, flags, identity, bad").format(comma(fields))

    def rejects(self, bad_lines: sql.Composable) -> sql.Composable:
        """SELECT line, column (header), reason and value of each fault."""
        raw = sql.SQL("(SELECT * FROM {} AS raw WHERE line IN ({}))").format(
            self.raw, bad_lines
        )
        faults: list[sql.Composable] = [
            sql.SQL("(0, '', problem, NULL::text, problem IS NOT NULL)")
        ]
        faults += [
            self._field_fault(place, field, index)
            for place, (field, index) in enumerate(self._mapped, 1)
        ]
        faults += [
            _fault(1000 + item.index, item.header, REASONS[item.type], item.index, bad)
            for item, bad in self._extra_tests()
        ]
        return sql.SQL(
            'SELECT line, header AS "column", reason, left(value, {limit}) AS value'
            " FROM {typed} AS typed CROSS JOIN LATERAL (VALUES {faults})"
            " AS faults (place, header, reason, value, failed)"
            " WHERE failed ORDER BY line, place"
        ).format(
            limit=sql.Literal(_MAX_REJECTED_VALUE),
            typed=self._typed(raw),
            faults=comma(faults),
        )

    @property
    def _mapped(self) -> list[tuple[Field, int]]:
        return fields_of(self.target, self.found)

    @property
    def _judged(self) -> list[tuple[Field, int]]:
        return [(f, index) for f, index in self._mapped if f.cast in JUDGES]

    def _header(self, field: Field) -> str:
        return next(i.header for i in self._kind("field") if i.name == field.name)

    def _kind(self, kind: str) -> list[Destination]:
        return [item for item in self.found if item.kind == kind]

    def _typed(self, raw: sql.Composable) -> sql.Composable:
        """Clean, then cast; OFFSET 0 keeps each expression from being repeated."""
        used = sorted({item.index for item in self.found})
        cleaned = comma(_named(clean_sql(cell(i), self.reading), cell(i)) for i in used)
        joins = [verdict_join(field.cast, cell(i)) for field, i in self._judged]
        return sql.SQL(
            "(SELECT cleaned.*, {values} FROM (SELECT line, problem, {cleaned}"
            " FROM {raw} AS raw OFFSET 0) AS cleaned{joins} OFFSET 0)"
        ).format(
            values=comma(_named(value, name) for value, name in self._casts()),
            cleaned=cleaned,
            raw=raw,
            joins=sql.SQL("").join(joins),
        )

    def _casts(self) -> Iterator[tuple[sql.Composable, sql.Identifier]]:
        """Yield what each mapped cell stands for, and why a judged one does not."""
        for field, index in self._mapped:
            yield self._value(field, index), _f(field.name)
        for place, item in enumerate(self._kind("extra")):
            raw, style = _not_null_word(item.index), self.reading.of(item.header)
            yield value_sql(item.type, raw, style), _x(place)
        for place, item in enumerate(self._kind("flag")):
            yield cast_sql("boolean", cell(item.index), self.reading), _g(place)
        for field, _ in self._judged:
            yield reason_sql(field.cast), _reason(field.name)

    def _value(self, field: Field, index: int) -> sql.Composable:
        value: sql.Composable = cell(index)
        if field.cast in JUDGES:
            typed = judged_sql(field.cast, value)
        elif field.choices:
            typed = sql.SQL("CASE WHEN lower({0}) = ANY ({1}) THEN lower({0}) END")
            typed = typed.format(value, sql.Literal(list(field.choices)))
        else:
            typed = cast_sql(field.cast, value, self.reading.of(self._header(field)))
        if field.max_length:
            typed = sql.SQL("CASE WHEN length({}) <= {} THEN {} END").format(
                value, sql.Literal(field.max_length), typed
            )
        cleared = sql.SQL("''") if field.clearable else sql.SQL("NULL")
        return sql.SQL("CASE WHEN {} = {} THEN {} ELSE {} END").format(
            value, sql.Literal(NULL_WORD), cleared, typed
        )

    def _field_column(self, field: Field) -> sql.Composable:
        mapped = any(field is other for other, _ in self._mapped)
        return sql.SQL("{}::{} AS {}").format(
            _f(field.name) if mapped else sql.NULL,
            sql.SQL(SQL_TYPES[field.cast]),
            sql.Identifier(field.name),
        )

    def _extra(self) -> sql.Composable:
        parts: list[sql.Composable] = [
            _f(field.name) for field, _ in self._mapped if not _is_column(field)
        ]
        items = self._kind("extra")
        parts += json_objects(
            (item.name, _x(place)) for place, item in enumerate(items)
        )
        if items:
            parts.append(
                cleared_object((item.name, cell(item.index)) for item in items)
            )
        whole = [sql.SQL("coalesce({}, '{{}}')").format(part) for part in parts]
        joined = sql.SQL(" || ").join(whole) if whole else EMPTY_OBJECT
        return sql.SQL("{} AS extra").format(joined)

    def _flags(self) -> sql.Composable:
        pairs = [
            (item.name, sql.SQL("NOT {}" if item.inverted else "{}").format(_g(place)))
            for place, item in enumerate(self._kind("flag"))
        ]
        parts = json_objects(pairs) or [EMPTY_OBJECT]
        return sql.SQL("{} AS flags").format(sql.SQL(" || ").join(parts))

    def _identity(self) -> sql.Composable:
        if not self.target.identity:
            return sql.SQL("NULL::uuid AS identity")
        own: sql.Composable = sql.SQL("gen_random_uuid()")
        if self.repeatable:
            own = content_identity(*self._content())
        if not self.external_id_cell:
            return sql.SQL("{} AS identity").format(own)
        if self.all_have_external_id:
            own = sql.NULL
        external_id = sql.Identifier("f_external_id")
        return sql.SQL("{} AS identity").format(
            external_identity(self.target, external_id, own)
        )

    def _content(self) -> tuple[list[sql.Composable], list[sql.Composable]]:
        """What makes an appended row itself: its fields, and its extras by name."""
        mapped = {field.name: field for field, _ in self._mapped}
        parts: list[sql.Composable] = [sql.Literal(self.target.name)]
        for name in self.target.identity:
            field = mapped.get(name)
            part: sql.Composable = _f(name) if field else sql.NULL
            if field and field.cast == "timestamp":
                part = sql.SQL("extract(epoch FROM {})").format(part)
            parts.append(part)
        extras = [
            sql.SQL("{}, {}").format(sql.Literal(item.name), _x(place))
            for place, item in enumerate(self._kind("extra"))
        ]
        return parts, list(extras)

    def _is_bad(self) -> sql.Composable:
        tests: list[sql.Composable] = [sql.SQL("problem IS NOT NULL")]
        tests += [_field_test(field, index) for field, index in self._mapped]
        tests += [bad for _, bad in self._extra_tests()]
        return sql.SQL("{} AS bad").format(any_of(tests))

    def _extra_tests(self) -> list[tuple[Destination, sql.Composable]]:
        failed = sql.SQL("({0} IS NULL AND {1} IS NOT NULL AND {1} <> {2})")
        null = sql.Literal(NULL_WORD)
        extras: list[tuple[Destination, sql.Composable]] = [
            (item, failed.format(_x(place), cell(item.index), null))
            for place, item in enumerate(self._kind("extra"))
            if item.type != "string"
        ]
        # A flag that is also kept as an attribute is tested once, as that.
        kept = {item.index for item, _ in extras if item.type == "boolean"}
        flags: list[tuple[Destination, sql.Composable]] = [
            (_as_boolean(item), failed.format(_g(place), cell(item.index), null))
            for place, item in enumerate(self._kind("flag"))
            if item.index not in kept
        ]
        return extras + flags

    def _field_fault(self, place: int, field: Field, index: int) -> sql.Composable:
        reason = sql.SQL(
            "CASE WHEN {0} IS NULL THEN {1} WHEN {0} = {2} THEN {3} ELSE {4} END"
        ).format(
            cell(index),
            sql.Literal("This is missing."),
            sql.Literal(NULL_WORD),
            sql.Literal("This cannot be cleared."),
            self._reason(field),
        )
        return sql.SQL("({}, {}, {}, {}, {})").format(
            sql.Literal(place),
            sql.Literal(self._header(field)),
            reason,
            cell(index),
            _field_test(field, index),
        )

    def _reason(self, field: Field) -> sql.Composable:
        if field.cast in JUDGES:
            return sql.SQL("coalesce({}, {})").format(
                _reason(field.name), sql.Literal(REASONS[field.cast])
            )
        if field.choices:
            return sql.Literal(f"This is none of {', '.join(field.choices)}.")
        return sql.Literal(REASONS[field.cast])


def cast_columns(target: Target) -> sql.Composable:
    """The columns of a table of cast rows, which every mapping fills alike."""
    fields = [
        sql.SQL("{} {}").format(
            sql.Identifier(field.name), sql.SQL(SQL_TYPES[field.cast])
        )
        for field in target.fields
        if _is_column(field)
    ]
    return sql.SQL(
        "line bigint, {}, extra jsonb, flags jsonb, identity uuid, bad boolean NOT NULL"
    ).format(comma(fields))


def _is_column(field: Field) -> bool:
    """A JSON object is no column of its own; it is merged into the extras."""
    return field.cast != "json"


def _field_test(field: Field, index: int) -> sql.Composable:
    refused = sql.SQL("({} IS NOT NULL AND {} IS NULL)").format(
        cell(index), _f(field.name)
    )
    if not field.required:
        return refused
    return sql.SQL("(problem IS NULL AND {} IS NULL)").format(_f(field.name))


def _fault(
    place: int, header: str, reason: str, index: int, failed: sql.Composable
) -> sql.Composable:
    return sql.SQL("({}, {}, {}, {}, {})").format(
        sql.Literal(place),
        sql.Literal(header),
        sql.Literal(reason),
        cell(index),
        failed,
    )


def _named(value: sql.Composable, name: sql.Composable) -> sql.Composable:
    return sql.SQL("{} AS {}").format(value, name)


def _f(name: str) -> sql.Identifier:
    return sql.Identifier(f"f_{name}")


def _reason(name: str) -> sql.Identifier:
    return sql.Identifier(f"r_{name}")


def _x(place: int) -> sql.Identifier:
    return sql.Identifier(f"x{place}")


def _g(place: int) -> sql.Identifier:
    return sql.Identifier(f"g{place}")


def _not_null_word(index: int) -> sql.Composable:
    return sql.SQL("NULLIF({}, {})").format(cell(index), sql.Literal(NULL_WORD))


def _as_boolean(item: Destination) -> Destination:
    return replace(item, type="boolean")
