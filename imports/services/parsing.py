"""Rows of Python values, as JSON brings them, turned into the text of cells."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from imports.services.casts import EXTRA_TYPES, MAX_TEXT, REASONS
from imports.services.judgement import JUDGES
from imports.targets import NULL_WORD, Target, get_target

MAX_EXTRAS = 100
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_NOT_TEXT = "This is not a text."


@functools.cache
def live_target(name: str) -> Target:
    """The target as rows meet it that come one by one.

    What a library judges is judged when the row is parsed, so it comes as a text.
    """
    target = get_target(name)
    fields = (
        replace(field, cast="text") if field.cast in JUDGES else field
        for field in target.fields
    )
    return replace(target, fields=tuple(fields))


class ParsedRow:
    """One row: its texts by field, its extras by name, and what is wrong so far.

    `target` is the one that is registered; the texts are fit for its `live_target`.
    """

    def __init__(self, line: int, target: Target, row: Mapping[str, Any]) -> None:
        self.line = line
        self.texts: dict[str, str] = {}
        self.extras: dict[str, Any] = {}
        self.extra_texts: dict[str, str] = {}
        self.given_types: dict[str, str] = {}
        self.errors: list[tuple[str, str]] = []
        self._target = target
        for name, value in row.items():
            self._take(name, value)
        for field in target.fields:
            if field.now_when_live and field.name not in self.texts:
                self.texts[field.name] = timezone.now().isoformat()

    def _take(self, name: str, value: Any) -> None:
        field = self._target.field(name)
        if name == self.container:
            self._take_extras(value)
        elif field is None:
            known = f"This is not a field of {self._target.label}."
            self.errors.append((name, known))
        elif value is None:
            if field.clearable:
                self.texts[name] = NULL_WORD
        else:
            self._take_field(name, field.cast, value)

    @property
    def container(self) -> str:
        """The key under which a row's extras stand, such as "attributes"."""
        return f"{self._target.extra}s" if self._target.extra == "attribute" else ""

    def _take_field(self, name: str, cast: str, value: Any) -> None:
        text, problem = to_text(cast, value)
        if not problem and cast in JUDGES and text != NULL_WORD:
            text, problem = _judged(cast, text.strip())
        if problem:
            self.errors.append((name, problem))
        elif text:
            self.texts[name] = text

    def _take_extras(self, extras: Any) -> None:
        if not isinstance(extras, Mapping):
            self.errors.append((self.container, "This is not a JSON object."))
            return
        if len(extras) > MAX_EXTRAS:
            problem = f"A row has at most {MAX_EXTRAS} attributes."
            self.errors.append((self.container, problem))
            return
        for key, value in extras.items():
            name, _, field_type = key.rpartition(":")
            if field_type not in EXTRA_TYPES:
                name, field_type = key, ""
            name = name.strip()
            if not name or len(name) > 255 or text_problem(name):
                problem = "A name has 1 to 255 characters."
                self.errors.append((f"{self.container}.{key}"[:300], problem))
                continue
            self.extras[name] = value
            if field_type:
                self.given_types[name] = field_type

    def type_of(self, name: str) -> str:
        """The type that a new extra gets from this row ("": it says none)."""
        if name in self.given_types:
            return self.given_types[name]
        return next(
            (kind for kinds, kind in _KINDS if isinstance(self.extras[name], kinds)), ""
        )

    def settle_extras(self, types: Mapping[str, str]) -> None:
        """Turn the extras into text under the types that hold for all rows."""
        for name, value in self.extras.items():
            if name not in types:
                continue
            text, problem = self._extra_text(name, types[name], value)
            if problem:
                self.errors.append((f"{self.container}.{name}", problem))
            elif text:
                self.extra_texts[name] = text

    def _extra_text(self, name: str, field_type: str, value: Any) -> tuple[str, str]:
        if self.given_types.get(name, field_type) != field_type:
            return "", f"This attribute is of type {field_type} already."
        if value is None:
            return NULL_WORD, ""
        return to_text(field_type, value)


def storable_json(records: list[dict[str, Any]]) -> str | None:
    """Return records as JSON; None when one value would have to be refused."""
    try:
        text = json.dumps(records, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None
    if "\\u0000" in text or not (text.isascii() or _is_unicode(text)):
        return None
    if len(text) > MAX_TEXT and any(map(_is_long, records)):
        return None
    return text


def _is_long(record: dict[str, Any]) -> bool:
    return any(
        len(value if type(value) is str else json.dumps(value)) > MAX_TEXT
        for value in record.values()
        if type(value) in (str, dict)
    )


_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "boolean"),
    ((int, float, Decimal), "numeric"),
    (datetime, "timestamp"),
    (date, "date"),
    (list, "array"),
    (str, "string"),
)


def to_text(cast: str, value: Any) -> tuple[str, str]:
    """Return the text of a value for a cast, or the sentence that refuses it."""
    if cast == "json":
        return _json_text(value, dict, REASONS["json"])
    if isinstance(value, bool):
        allowed = cast in ("boolean", "any")
        return (str(value).lower(), "") if allowed else ("", _refusal(cast))
    if isinstance(value, list):
        allowed = cast in ("array", "any")
        return _json_text(value, list, "") if allowed else ("", _refusal(cast))
    if isinstance(value, (datetime, date)):
        return value.isoformat(), ""
    if isinstance(value, (str, int, float, Decimal)):
        text = str(value)
        return text, text_problem(text)
    return "", _refusal(cast)


def _judged(cast: str, text: str) -> tuple[str, str]:
    value, reason = JUDGES[cast](text) if text else ("", "")
    return value or "", reason


def _refusal(cast: str) -> str:
    return _NOT_TEXT if cast == "text" else REASONS.get(cast, _NOT_TEXT)


def _json_text(value: Any, kind: type, reason: str) -> tuple[str, str]:
    if not isinstance(value, kind):
        return "", reason
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    except (ValueError, RecursionError):
        return "", reason or REASONS["array"]
    if _ESCAPED_NUL.search(text):
        return "", "This holds a NUL character."
    return text, text_problem(text)


def text_problem(text: str) -> str:
    """Say what PostgreSQL could not store of a text ("": nothing)."""
    if len(text) > MAX_TEXT:
        return f"This is longer than {MAX_TEXT:,} characters."
    if "\0" in text:
        return "This holds a NUL character."
    return "" if _is_unicode(text) else "This is not valid Unicode text."


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def chunks(rows: list[ParsedRow], width: int) -> Iterator[list[ParsedRow]]:
    """Cut rows so that those of one list have at most `width` extras among them."""
    chunk: list[ParsedRow] = []
    names: set[str] = set()
    for row in rows:
        if chunk and len(names | row.extra_texts.keys()) > width:
            yield chunk
            chunk, names = [], set()
        chunk.append(row)
        names |= row.extra_texts.keys()
    if chunk:
        yield chunk
