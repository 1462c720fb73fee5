"""How the text of a cell becomes a typed value, in SQL.

Each cast is an expression over one text expression that gives NULL for what it
refuses and never raises: the pattern is tested before PostgreSQL's own input is
asked. Values of attributes and properties are jsonb in one canonical form per type,
so that equal values are equal and can be compared as jsonb:

numeric    JSON number, trailing zeros trimmed
date       "YYYY-MM-DD"
timestamp  "YYYY-MM-DDTHH:MM:SSZ", in UTC; fractions of a second are cut off, so that
           the order of the texts is the order in time
boolean    true or false
string     the text
array      texts and numbers; "a;b" gives texts, a JSON array what it says
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.conf import settings
from psycopg import sql

from imports.database import comma
from imports.services.zones import timezone_spellings

EXTRA_TYPES = ("numeric", "string", "date", "timestamp", "boolean", "array")
MAX_TEXT = 100_000  # characters of one value
TRUE_WORDS = ("true", "yes", "y", "t", "1", "on")
FALSE_WORDS = ("false", "no", "n", "f", "0", "off")

_NUMERIC = r"^[+-]?(\d{1,30}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,2})?$"
_NUMERIC_COMMA = (
    r"^[+-]?(\d{1,30}|\d{1,3}(\.\d{3}){1,9})(,\d{0,20})?([eE][+-]?\d{1,2})?$"
)
_DAY = r"[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK = (
    r"(([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{1,9})?)?"
    r"|(0?[1-9]|1[0-2]):[0-5]\d(:[0-5]\d)?\s?[AaPp][Mm])"
)
_OFFSET = r"\s?([Zz]|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
_DATE = rf"^{_DAY}$"
_LOCAL_TIME = rf"^{_DAY}(([Tt]|\s+){_CLOCK})?$"
_OFFSET_TIME = rf"^{_DAY}([Tt]|\s+){_CLOCK}{_OFFSET}$"
OTHER_ORDER = r"^\s*\d{1,2}([./-])\d{1,2}\1[1-9]\d{3}(\s.*)?$"
# Days since the end of 1899, as spreadsheets count them: 1927 to 2173.
_SERIAL = r"^[1-9]\d{4}(\.\d{1,12})?$"
_JSON_NUMBER = r"-?(0|[1-9]\d{0,29})(\.\d{1,20})?([eE][+-]?\d{1,2})?"
_JSON_STRING = (
    r'"([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u(?!0000)(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    r'|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*"'
)
_JSON_ITEM = rf"\s*({_JSON_STRING}|{_JSON_NUMBER})\s*"
_JSON_ARRAY = rf"^\[(\s*|{_JSON_ITEM}(,{_JSON_ITEM})*)\]$"


@dataclass(frozen=True)
class Reading:
    """How the cells of one file are to be read.

    `date_order` says what comes first in 01/02/2026: "dmy", "mdy", "any" (whatever
    fits) or "" (such dates are refused); `date_orders` says it by header.
    `serial_dates`: a number such as 45000 is a date, as spreadsheets count days.
    """

    missing: tuple[str, ...] = ()
    date_order: str = ""
    date_orders: Mapping[str, str] = field(default_factory=dict)
    serial_dates: bool = False
    decimal_comma: bool = False
    timezone: str = ""

    @property
    def zone(self) -> str:
        return self.timezone or settings.TIME_ZONE

    def of(self, header: str) -> "Reading":
        """How the cells of one column are to be read."""
        order = self.date_orders.get(header)
        return replace(self, date_order=order) if order else self


def clean_sql(cell: sql.Composable, reading: Reading) -> sql.Composable:
    """Trim a cell; NULL when nothing, or a word that means nothing, is left."""
    trimmed = sql.SQL("NULLIF(btrim({}, E' \\t\\r\\n\\u00a0'), '')").format(cell)
    if not reading.missing:
        return trimmed
    words = [word.strip().lower() for word in reading.missing]
    return sql.SQL("CASE WHEN lower({0}) <> ALL ({1}) THEN {0} END").format(
        trimmed, sql.Literal(words)
    )


def cast_sql(cast: str, value: sql.Composable, reading: Reading) -> sql.Composable:
    """Return the typed expression of a field's cast."""
    if cast in _SIMPLE:
        return sql.SQL(_SIMPLE[cast]).format(value=value)
    if cast in ("numeric", "amount"):
        return _numeric(cast, value, reading)
    if cast in ("date", "timestamp"):
        return _moment(cast, value, reading)
    if cast == "timezone":
        return sql.SQL("({}::jsonb ->> replace(lower({}), ' ', '_'))").format(
            sql.Literal(json.dumps(timezone_spellings())), value
        )
    if cast == "array":
        return _array(value)
    raise ValueError(cast)


def value_sql(
    field_type: str, value: sql.Composable, reading: Reading
) -> sql.Composable:
    """Return the canonical jsonb of one of the six types, NULL when it is not one."""
    if field_type == "string":
        return sql.SQL("to_jsonb({})").format(value)
    typed = cast_sql(field_type, value, reading)
    return sql.SQL(_CANONICAL[field_type]).format(typed)


SQL_TYPES = {
    "text": "text",
    "any": "text",
    "email": "text",
    "phone": "text",
    "timezone": "text",
    "integer": "bigint",
    "numeric": "numeric",
    "amount": "numeric",
    "date": "date",
    "timestamp": "timestamptz",
    "boolean": "boolean",
    "array": "jsonb",
    "json": "jsonb",
}

_SIMPLE = {
    "text": "{value}",
    "any": "{value}",
    "json": r"CASE WHEN {value} LIKE '{{%' THEN {value}::jsonb END",
    "integer": r"CASE WHEN {value} ~ '^\d{{1,18}}$' THEN {value}::bigint END",
    "boolean": (
        f"CASE WHEN lower({{value}}) IN {TRUE_WORDS} THEN true"
        f" WHEN lower({{value}}) IN {FALSE_WORDS} THEN false END"
    ),
}
_CANONICAL = {
    "numeric": "to_jsonb(trim_scale({}))",
    "boolean": "to_jsonb({})",
    "array": "{}",
    "date": "to_jsonb(to_char({}, 'YYYY-MM-DD'))",
    "timestamp": (
        "to_jsonb(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))"
    ),
}
REASONS = {
    "integer": "This is not a whole number.",
    "numeric": "This is not a number.",
    "amount": "This is not an amount.",
    "date": "This is not a date such as 2026-01-31.",
    "timestamp": "This is not a date and time such as 2026-01-31 14:30.",
    "boolean": "This is neither yes nor no.",
    "array": "This is not a list such as a;b or [1, 2].",
    "timezone": "This is not a time zone such as Europe/Paris.",
    "json": "This is not a JSON object.",
    "email": "This is not an e-mail address.",
    "phone": "This is not a phone number.",
    "text": "This text is too long.",
    "any": "This is no value.",
}


def _numeric(cast: str, value: sql.Composable, reading: Reading) -> sql.Composable:
    number = value
    if reading.decimal_comma:
        number = sql.SQL("replace(replace({}, '.', ''), ',', '.')").format(value)
    pattern = _NUMERIC_COMMA if reading.decimal_comma else _NUMERIC
    typed = "{number}::numeric"
    if cast == "amount":
        typed = "CASE WHEN abs(round({number}::numeric, 2)) < 1e12 THEN round({number}::numeric, 2) END"
    return sql.SQL(f"CASE WHEN {{value}} ~ {{pattern}} THEN {typed} END").format(
        value=value, pattern=sql.Literal(pattern), number=number
    )


def _moment(cast: str, value: sql.Composable, reading: Reading) -> sql.Composable:
    if reading.date_order == "any":
        orders = [replace(reading, date_order=order) for order in ("dmy", "mdy")]
        return sql.SQL("coalesce({})").format(
            comma(_moment(cast, value, order) for order in orders)
        )
    iso = _iso_order(value, reading.date_order)
    parts = {
        "iso": iso,
        "date": sql.Literal(_DATE),
        "local": sql.Literal(_LOCAL_TIME),
        "offset": sql.Literal(_OFFSET_TIME),
        "zone": sql.Literal(reading.zone),
        "real": sql.SQL(_REAL_DAY if cast == "date" else _REAL_MOMENT).format(iso),
        "serial": sql.SQL(""),
    }
    if reading.serial_dates:
        text = _SERIAL_DATE if cast == "date" else _SERIAL_TIME
        parts["serial"] = sql.SQL(text).format(
            value=value, pattern=sql.Literal(_SERIAL), zone=parts["zone"]
        )
    return sql.SQL(_DATE_CAST if cast == "date" else _TIME_CAST).format(**parts)


# The 29th to 31st are compared with the last day of their month.
_REAL_DAY = (
    "(substr({0}, 9, 2) < '29' OR substr({0}, 9, 2)::int <= extract(day FROM"
    " (substr({0}, 1, 7) || '-01')::date + interval '1 month' - interval '1 day'))"
)
# The last two days there are would end beyond the calendar in some time zone.
_REAL_MOMENT = f"({{0}} COLLATE \"C\" < '9999-12-30' AND {_REAL_DAY})"
_DATE_CAST = (
    "CASE WHEN {iso} ~ {date} THEN CASE WHEN {real} THEN {iso}::date END{serial} END"
)
# What other systems send ends in Z; it need not be tried as a local time first.
_TIME_CAST = (
    "CASE WHEN right({iso}, 1) <> 'Z' AND {iso} ~ {local} THEN"
    " CASE WHEN {real} THEN {iso}::timestamp AT TIME ZONE {zone} END"
    " WHEN {iso} ~ {offset} THEN CASE WHEN {real} THEN {iso}::timestamptz END{serial}"
    " END"
)
_SERIAL_DATE = (
    " WHEN {value} ~ {pattern} THEN date '1899-12-30' + trunc({value}::numeric)::int"
)
_SERIAL_TIME = (
    " WHEN {value} ~ {pattern} THEN date_trunc('second', timestamp '1899-12-30'"
    " + {value}::float8 * interval '1 day' + interval '0.5 s') AT TIME ZONE {zone}"
)


def _iso_order(value: sql.Composable, order: str) -> sql.Composable:
    """Turn 31/01/2026 or 01/31/2026 into 2026-01-31, and leave the rest alone."""
    if order not in ("dmy", "mdy"):
        return value
    day, month = (1, 2) if order == "dmy" else (2, 1)
    split = "(string_to_array(translate(split_part({0}, ' ', 1), './', '--'), '-'))"
    text = (
        "CASE WHEN {0} ~ {1} THEN "
        f"left({split}[3], 4) || '-' || lpad({split}[{month}], 2, '0') || '-'"
        f" || lpad({split}[{day}], 2, '0')"
        " || substr({0}, length(split_part({0}, ' ', 1)) + 1) ELSE {0} END"
    )
    return sql.SQL(text).format(value, sql.Literal(OTHER_ORDER))


def _array(value: sql.Composable) -> sql.Composable:
    return sql.SQL(
        "CASE WHEN {0} ~ {1} THEN {0}::jsonb WHEN left({0}, 1) <> '[' THEN"
        " (SELECT coalesce(jsonb_agg(btrim(part) ORDER BY place), '[]')"
        " FROM unnest(string_to_array({0}, ';')) WITH ORDINALITY AS parts(part, place)"
        " WHERE btrim(part) <> '') END"
    ).format(value, sql.Literal(_JSON_ARRAY))
