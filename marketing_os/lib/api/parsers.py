"""Bodies of requests: strict JSON and NDJSON, whose faults name their place."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import (
    APIException,
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.parsers import BaseParser

MAX_DEPTH = 10
MAX_ITEMS = 1000
JSON_TYPE = "application/json"
NDJSON_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_NUL = "The null character (\\u0000) cannot be stored."
_SURROGATE = "Half a surrogate pair cannot be stored."
# 128 bits and some: nothing here holds a number that is longer.
_LONG_NUMBER = b"0" * 40
_DIGITS_TO_0 = bytes.maketrans(b"123456789", b"000000000")


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "The body is too large."
    default_code = "too_large"


@dataclass(frozen=True)
class Fault:
    """Stands in parsed JSON where something does that JSON or PostgreSQL forbids."""

    sentence: str


class StrictJSONParser(BaseParser):
    """JSON as its standard has it, and only what PostgreSQL can store.

    Refused with a sentence and its place: NaN and infinities, a name twice in one
    object, null characters and lone surrogates, nesting beyond `MAX_DEPTH`, endless
    numbers.
    """

    media_type = JSON_TYPE

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if parser_context and (request := parser_context.get("request")) is not None:
            refuse_encoded(request)
        return parse_json(read_limited(stream))


def read_limited(stream: Any) -> bytes:
    """Read a body, or raise BodyTooLarge once it passes the limit."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise BodyTooLarge(f"The body is larger than {limit:,} bytes.")
    return body


def refuse_encoded(request: Any) -> None:
    """Refuse a compressed body with 415."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(
            encoding, "Send the body as it is, without a Content-Encoding."
        )


def media_type(request: HttpRequest) -> str:
    """Return the lower-case media type of the body without its parameters."""
    return (request.content_type or "").lower()


def parse_json(body: bytes) -> Any:
    """Return what `body` holds.

    Raises ParseError when it is no JSON at all, and ValidationError with the path of
    each value that JSON or PostgreSQL forbids.
    """
    value, is_suspect = _load(body, MAX_DEPTH)
    if is_suspect and (faults := list(find_faults(value))):
        raise ValidationError(_by_path(faults))
    return value


def parse_items(body: bytes, content_type: str) -> list[Any]:
    """Return the items of a batch; what is wrong with one is a Fault in its place.

    `{"items": […]}` as JSON, or one JSON value per line as NDJSON.
    """
    if content_type in NDJSON_TYPES:
        items, is_suspect = _lines(body), True
    else:
        value, is_suspect = _load(body, MAX_DEPTH + 2)
        if not isinstance(value, dict) or list(value) != ["items"]:
            raise ValidationError(
                {"items": ['Send {"items": […]}, or NDJSON with an item per line.']}
            )
        items = value["items"]
        if not isinstance(items, list):
            raise ValidationError({"items": ["This is not a list."]})
    if not 1 <= len(items) <= MAX_ITEMS:
        raise ValidationError(
            {"items": [f"Send 1 to {MAX_ITEMS:,} items; these are {len(items):,}."]}
        )
    return items if not is_suspect else [_checked_item(item) for item in items]


def find_faults(value: Any, path: str = "", depth: int = 1) -> Iterator[Any]:
    """Yield (path, sentence) of what cannot be taken in a parsed value."""
    if isinstance(value, str):
        if sentence := _text_fault(value):
            yield path, sentence
    elif isinstance(value, Fault):
        yield path, value.sentence
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            yield path, f"This is nested more than {MAX_DEPTH} levels deep."
            return
        yield from _faults_within(value, path, depth)


def _faults_within(
    value: dict[str, Any] | list[Any], path: str, depth: int
) -> Iterator[Any]:
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from find_faults(item, f"{path}[{position}]", depth + 1)
        return
    for name, item in value.items():
        if sentence := _text_fault(name):
            yield path, f"A name in this object: {sentence}"
        else:
            yield from find_faults(item, f"{path}.{name}" if path else name, depth + 1)


def _text_fault(text: str) -> str:
    if "\0" in text:
        return _NUL
    return "" if _is_whole(text) else _SURROGATE


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _by_path(faults: list[tuple[str, str]]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    for path, sentence in faults[:100]:
        problems.setdefault(path or "non_field_errors", []).append(sentence)
    return problems


@dataclass(frozen=True)
class FaultyItem:
    """An item that cannot be read, and why: pairs of path and sentence."""

    faults: list[tuple[str, str]]


def _checked_item(item: Any) -> Any:
    faults = list(find_faults(item))
    return FaultyItem(faults) if faults else item


def _lines(body: bytes) -> list[Any]:
    items: list[Any] = []
    for line in body.splitlines():
        if not line.strip():
            continue
        if len(items) > MAX_ITEMS:
            break
        try:
            items.append(_load(line, MAX_DEPTH)[0])
        except ParseError as error:
            items.append(FaultyItem([("", str(error.detail))]))
    return items


class _Suspicion:
    """Whether something in a text must be looked at once it is parsed."""

    def __init__(self, body: bytes) -> None:
        self.is_there = b"\\u" in body

    def fault(self, sentence: str) -> Fault:
        self.is_there = True
        return Fault(sentence)

    def constant(self, name: str) -> Fault:
        return self.fault(f"{name} is not a JSON number.")

    def real(self, text: str) -> Any:
        number = float(text)
        if number in (float("inf"), float("-inf")):
            return self.fault("This number is too large.")
        return number

    def whole(self, text: str) -> Any:
        return int(text) if len(text) <= 40 else self.fault("This number is too long.")

    def pairs(self, pairs: list[tuple[str, Any]]) -> Any:
        result = dict(pairs)
        if len(result) == len(pairs):
            return result
        return self.fault("A name stands twice in this object.")


def _load(body: bytes, depth: int) -> tuple[Any, bool]:
    """Parse, and tell whether `find_faults` may find something.

    `depth`: how many levels are fine at a glance.
    """
    suspicion = _Suspicion(body)
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_constant=suspicion.constant,
            parse_float=suspicion.real,
            parse_int=suspicion.whole
            if _LONG_NUMBER in body.translate(_DIGITS_TO_0)
            else None,
            object_pairs_hook=suspicion.pairs,
        )
    except UnicodeDecodeError as error:
        _refuse(f"The body is not UTF-8 (byte {error.start}).")
    except json.JSONDecodeError as error:
        _refuse(
            f"This is not JSON: {error.msg} (line {error.lineno}, "
            f"column {error.colno})."
        )
    except RecursionError:
        _refuse("The JSON is nested too deeply.")
    return value, suspicion.is_there or _is_deep(value, depth)


def _is_deep(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if not depth:
        return True
    for item in value.values() if isinstance(value, dict) else value:
        kind = type(item)
        if (kind is dict or kind is list) and _is_deep(item, depth - 1):
            return True
    return False


def _refuse(sentence: str) -> NoReturn:
    raise ParseError(sentence) from None
