"""The operators of each type of value, and what they are in SQL.

jsonb is compared with jsonb and its type is tested beside, so that one value of an
unexpected type neither fails a look-up nor matches.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from psycopg import sql

from segments.conditions.entry import (
    MOST_DAYS,
    Entry,
    checked_day,
    checked_list,
    checked_number,
    checked_text,
    checked_whole,
)
from segments.conditions.moments import CUSTOMER_ID, Clock, Day, Moment, Today, next_day
from segments.conditions.predicate import Predicate, both, either
from segments.errors import ConditionError

INDEXED_TEXT = 200

# What each operator wants as its value.
NOTHING, TEXT, TEXTS, NUMBER, NUMBERS, RANGE, DAY, DAYS, PERIOD, ITEMS = (
    "nothing", "text", "texts", "number", "numbers", "range", "day", "days", "period",
    "items",
)  # fmt: skip

_TEXT_OPERATORS = {
    "equals": TEXT,
    "not_equals": TEXT,
    "in": TEXTS,
    "not_in": TEXTS,
    "contains": TEXT,
    "not_contains": TEXT,
    "starts_with": TEXT,
}
_DAY_OPERATORS = {
    "on": DAY,
    "before": DAY,
    "after": DAY,
    "between": PERIOD,
    "last_days": DAYS,
    "next_days": DAYS,
    "days_ago": DAYS,
}
_PRESENCE = {"is_set": NOTHING, "is_not_set": NOTHING}
OPERATORS: dict[str, dict[str, str]] = {
    "string": _TEXT_OPERATORS | _PRESENCE,
    "numeric": {
        "equals": NUMBER,
        "not_equals": NUMBER,
        "less": NUMBER,
        "at_most": NUMBER,
        "more": NUMBER,
        "at_least": NUMBER,
        "between": RANGE,
        "in": NUMBERS,
        "not_in": NUMBERS,
    }
    | _PRESENCE,
    "date": _DAY_OPERATORS | {"birthday": DAYS} | _PRESENCE,
    "timestamp": _DAY_OPERATORS | _PRESENCE,
    "boolean": {"is_true": NOTHING, "is_false": NOTHING} | _PRESENCE,
    "array": {"has_any": ITEMS, "has_all": ITEMS, "has_none": ITEMS} | _PRESENCE,
}
_NEGATIONS = {
    "not_equals": "equals",
    "not_in": "in",
    "not_contains": "contains",
    "is_not_set": "is_set",
    "has_none": "has_any",
}
COMPARING_KEYS = ("operator", "value", "ignore_case")


@dataclass(frozen=True)
class Comparison:
    """An operator of a type, with a value of the form that it wants."""

    type: str
    operator: str
    value: Any = None
    ignore_case: bool = False


@dataclass(frozen=True)
class Operand:
    """Where the value that is compared stands: in jsonb, or in a column of its own.

    `text` is the value as text. `prefix` is what an index of long texts is on. `owner`
    is the column with the ID of the customer whose day counts.
    """

    value: sql.Composable
    text: sql.Composable
    is_json: bool = True
    prefix: sql.Composable | None = None
    owner: tuple[str, str] = CUSTOMER_ID


def read_comparison(entry: Entry, value_type: str) -> Comparison:
    """Read `operator`, `value` and `ignore_case` for a value of a type."""
    operators = OPERATORS[value_type]
    operator = entry.choice("operator", operators)
    value = _READERS[operators[operator]](entry.values.get("value"), entry.at("value"))
    if value is None and entry.has("value"):
        raise entry.refuse("value", _("This comparison takes no value."))
    return Comparison(value_type, operator, value, entry.flag("ignore_case"))


def _read_item(value: Any, path: str) -> Any:
    is_text = isinstance(value, str)
    return checked_text(value, path) if is_text else checked_number(value, path)


def _read_list(one: Callable[[Any, str], Any], value: Any, path: str) -> Any:
    return tuple(one(item, place) for item, place in checked_list(value, path))


def _read_pair(one: Callable[[Any, str], Any], value: Any, path: str) -> Any:
    found = _read_list(one, value, path)
    if len(found) != 2:
        raise ConditionError(_("Enter a first and a last value."), path)
    return found


_READERS: dict[str, Callable[[Any, str], Any]] = {
    NOTHING: lambda value, path: None,
    TEXT: checked_text,
    TEXTS: lambda value, path: _read_list(checked_text, value, path),
    NUMBER: checked_number,
    NUMBERS: lambda value, path: _read_list(checked_number, value, path),
    RANGE: lambda value, path: _read_pair(checked_number, value, path),
    DAY: checked_day,
    DAYS: lambda value, path: checked_whole(value, path, 0, MOST_DAYS),
    PERIOD: lambda value, path: _read_pair(checked_day, value, path),
    ITEMS: lambda value, path: _read_list(_read_item, value, path),
}


def compare(comparison: Comparison, operand: Operand, clock: Clock) -> Predicate:
    """Return the comparison of what stands in `operand`."""
    operator = _NEGATIONS.get(comparison.operator, comparison.operator)
    compiled = _positive(comparison, operator, operand, clock)
    return compiled.negated_if(operator != comparison.operator)


def _positive(
    comparison: Comparison, operator: str, operand: Operand, clock: Clock
) -> Predicate:
    if operator == "is_set":
        return _is_set(comparison.type, operand)
    value = comparison.value
    if comparison.type == "string":
        return Predicate(_text(operator, value, operand, comparison.ignore_case))
    if comparison.type == "numeric":
        return Predicate(_number(operator, value, operand))
    if comparison.type == "boolean":
        is_true = json_literal(operator == "is_true")
        return Predicate(sql.SQL("({} = {})").format(operand.value, is_true))
    if comparison.type == "array":
        return Predicate(_items(operator, value, operand))
    if comparison.type == "date":
        return Predicate(_date(operator, value, operand, clock))
    return Predicate(_moment(operator, value, operand, clock))


def _is_set(value_type: str, operand: Operand) -> Predicate:
    if operand.is_json or value_type == "timestamp":
        form = "({} IS NOT NULL)"
        return Predicate(sql.SQL(form).format(operand.value), is_certain=True)
    return Predicate(sql.SQL("({} <> '')").format(operand.value))


def json_literal(value: Any) -> sql.Composable:
    text = json.dumps(value, ensure_ascii=False)
    return sql.SQL("{}::jsonb").format(sql.Literal(text))


def _typed(operand: Operand, json_type: str, test: sql.Composable) -> sql.Composable:
    if not operand.is_json:
        return test
    kind = sql.SQL("jsonb_typeof({}) = {}").format(
        operand.value, sql.Literal(json_type)
    )
    return both(test, kind)


def _text(
    operator: str, value: Any, operand: Operand, ignore_case: bool
) -> sql.Composable:
    if operator == "in":
        if not ignore_case:
            return _is_one_of(value, operand)
        return either(*(_text("equals", one, operand, True) for one in value))
    if ignore_case:
        operand = Operand(
            operand.value,
            sql.SQL("lower({})").format(operand.text),
            operand.is_json,
        )
        wanted = sql.SQL("lower({})").format(sql.Literal(value))
        return _typed(operand, "string", _text_test(operator, operand, wanted))
    if operator == "equals":
        return _is_one_of((value,), operand)
    test = _text_test(operator, operand, sql.Literal(value))
    if operator == "starts_with" and operand.prefix is not None:
        pattern = _escaped(value[:INDEXED_TEXT]) + "%"
        test = both(
            sql.SQL("{} LIKE {}").format(operand.prefix, sql.Literal(pattern)), test
        )
    return _typed(operand, "string", test)


def _text_test(
    operator: str, operand: Operand, wanted: sql.Composable
) -> sql.Composable:
    form = {
        "equals": "({} = {})",
        "contains": "(strpos({}, {}) > 0)",
        "starts_with": "starts_with({}, {})",
    }[operator]
    return sql.SQL(form).format(operand.text, wanted)


def _escaped(text: str) -> str:
    for char in "\\%_":
        text = text.replace(char, f"\\{char}")
    return text


def _is_one_of(values: tuple[str, ...], operand: Operand) -> sql.Composable:
    if operand.is_json:
        found = _one_of(operand.value, [json_literal(value) for value in values])
    else:
        found = _one_of(operand.value, [sql.Literal(value) for value in values])
    if operand.prefix is None:
        return found
    shortened = [sql.Literal(value[:INDEXED_TEXT]) for value in values]
    return both(_one_of(operand.prefix, shortened), found)


def _one_of(
    operand: sql.Composable, values: "list[sql.Composable] | list[sql.Literal]"
) -> sql.Composable:
    if len(values) == 1:
        return sql.SQL("({} = {})").format(operand, values[0])
    return sql.SQL("({} IN ({}))").format(operand, sql.SQL(", ").join(values))


def _number(operator: str, value: Any, operand: Operand) -> sql.Composable:
    if operator == "equals":
        return _one_of(operand.value, [json_literal(value)])
    if operator == "in":
        return _one_of(operand.value, [json_literal(one) for one in value])
    if operator == "between":
        test = sql.SQL("({} BETWEEN {} AND {})").format(
            operand.value, json_literal(value[0]), json_literal(value[1])
        )
        return _typed(operand, "number", test)
    sign = {"less": "<", "at_most": "<=", "more": ">", "at_least": ">="}[operator]
    test = sql.SQL(f"({{}} {sign} {{}})").format(operand.value, json_literal(value))
    return _typed(operand, "number", test)


def _items(operator: str, values: Any, operand: Operand) -> sql.Composable:
    if operator == "has_all":
        return sql.SQL("({} @> {})").format(operand.value, json_literal(list(values)))
    form = sql.SQL("({} @> {})")
    return either(*(form.format(operand.value, json_literal([one])) for one in values))


def period(operator: str, value: Any) -> tuple[Day | None, Day | None]:
    """Return the first day of an operator's period and the day after its last."""
    if operator == "on":
        return value, next_day(value)
    if operator == "between":
        return value[0], next_day(value[1])
    if operator == "before":
        return None, value
    if operator == "after":
        return next_day(value), None
    if operator == "days_ago":
        return None, Today(-value)
    if operator == "last_days":
        return Today(-value), Today(1)
    return Today(0), Today(value + 1)  # next_days


def _moment(
    operator: str, value: Any, operand: Operand, clock: Clock
) -> sql.Composable:
    moment = Moment(operand.value, operand.owner, operand.is_json)
    return _typed(operand, "string", during(moment, operator, value, clock))


def during(moment: Moment, operator: str, value: Any, clock: Clock) -> sql.Composable:
    """Compare an instant with a period: "last" ends now, "next" begins now."""
    first, end = period(operator, value)
    tests = []
    if operator == "next_days":
        tests.append(clock.since_now(moment))
    elif first is not None:
        tests.append(clock.since(moment, first))
    if operator == "last_days":
        tests.append(clock.until_now(moment))
    elif end is not None:
        tests.append(clock.before(moment, end))
    return both(*tests)


def _date(operator: str, value: Any, operand: Operand, clock: Clock) -> sql.Composable:
    if operator == "birthday":
        return _birthday(value, operand, clock)
    first, end = period(operator, value)
    tests = []
    if first is not None:
        tests.append(_from_day(operand, first, clock))
    if end is not None:
        tests.append(_before_day(operand, end, clock))
    return _typed(operand, "string", both(*tests))


def _from_day(operand: Operand, day: Day, clock: Clock) -> sql.Composable:
    possible = clock.possible_days(day)
    form = sql.SQL("({} >= {})")
    certain = form.format(operand.value, _json_day(possible[-1]))
    if len(possible) == 1:
        return certain
    exact = sql.SQL("to_jsonb(({})::text)").format(clock.date_sql(day, operand.owner))
    return both(
        form.format(operand.value, _json_day(possible[0])),
        either(certain, form.format(operand.value, exact)),
    )


def _before_day(operand: Operand, day: Day, clock: Clock) -> sql.Composable:
    possible = clock.possible_days(day)
    form = sql.SQL("({} < {})")
    certain = form.format(operand.value, _json_day(possible[0]))
    if len(possible) == 1:
        return certain
    exact = sql.SQL("to_jsonb(({})::text)").format(clock.date_sql(day, operand.owner))
    return both(
        form.format(operand.value, _json_day(possible[-1])),
        either(certain, form.format(operand.value, exact)),
    )


def _json_day(day: dt.date) -> sql.Composable:
    return json_literal(day.isoformat())


def _birthday(days: int, operand: Operand, clock: Clock) -> sql.Composable:
    """Compare month and day; who was born on 29 February has it on the 28th else."""
    day = Today(days)
    month_day = sql.SQL("right({}, 5)").format(operand.text)
    possible = {f"{one:%m-%d}" for one in clock.possible_days(day)}
    if "02-28" in possible:
        possible.add("02-29")
    date = clock.date_sql(day, operand.owner)
    exact = sql.SQL(
        "({found} = to_char({date}, 'MM-DD') OR ({found} = '02-29'"
        " AND to_char({date}, 'MM-DD') = '02-28'"
        " AND to_char({date} + 1, 'MM-DD') = '03-01'))"
    ).format(found=month_day, date=date)
    listed = [sql.Literal(one) for one in sorted(possible)]
    return _typed(operand, "string", both(_one_of(month_day, listed), exact))
