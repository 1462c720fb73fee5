"""The filters that a template may use; each bounds the size of what it returns."""

import datetime
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from jinja2 import Undefined
from jinja2.utils import pass_context
from markupsafe import Markup, escape

from messaging.templating import limits
from messaging.templating.runtime import BoundedContext, RenderLimit, is_unset, show

Filter = Callable[..., Any]

FILTERS: dict[str, Filter] = {}
# What the author writes, without the context that our wrapper passes in.
SIGNATURES: dict[str, Filter] = {}


def template_filter(name: str, *, unset: bool = False) -> Callable[[Filter], Filter]:
    """Offer a function as a filter; an unset value passes it by unless `unset`."""

    def register(function: Filter) -> Filter:
        @pass_context
        @wraps(function)
        def bounded(
            context: BoundedContext, value: Any, *args: Any, **options: Any
        ) -> Any:
            context.spend(1 + _size(value) // 64)
            if not unset and is_unset(value):
                return ""
            return _checked(function(value, *args, **options))

        FILTERS[name] = bounded
        SIGNATURES[name] = function
        return function

    return register


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (str, tuple, list)) else 1


def _checked(result: Any) -> Any:
    if isinstance(result, str) and len(result) > limits.TEXT_CHARACTERS * 6:
        raise RenderLimit
    return result


def _text(value: Any) -> str:
    return str(show(value))


def _whole(value: Any, low: int, high: int) -> int:
    try:
        return max(low, min(high, int(value)))
    except (TypeError, ValueError, OverflowError):
        return low


def _number(value: Any) -> Decimal | None:
    if isinstance(value, (bool, Undefined)):
        return None
    try:
        number = Decimal(str(value).strip()[:40])
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**30 else None


@template_filter("default", unset=True)
def default(value: Any, fallback: Any = "") -> Any:
    return fallback if is_unset(value) or value == "" else value


@template_filter("upper")
def upper(value: Any) -> Any:
    return _text(value).upper()


@template_filter("lower")
def lower(value: Any) -> Any:
    return _text(value).lower()


@template_filter("capitalize")
def capitalize(value: Any) -> Any:
    return _text(value).capitalize()


@template_filter("title")
def title(value: Any) -> Any:
    return " ".join(word[:1].upper() + word[1:] for word in _text(value).split(" "))


@template_filter("trim")
def trim(value: Any) -> Any:
    return _text(value).strip()


@template_filter("truncate")
def truncate(value: Any, length: Any = 100, end: Any = "…") -> Any:
    text = _text(value)
    size = _whole(length, 1, limits.TEXT_CHARACTERS)
    if len(text) <= size:
        return text
    return text[: max(size - len(_text(end)), 0)].rstrip() + _text(end)


@template_filter("replace")
def replace(value: Any, old: Any, new: Any) -> Any:
    text, old, new = _text(value), _text(old), _text(new)
    if not old:
        return text
    if len(text) + text.count(old) * len(new) > limits.TEXT_CHARACTERS * 6:
        raise RenderLimit
    return text.replace(old, new)


@template_filter("join")
def join(value: Any, separator: Any = ", ") -> Any:
    if not isinstance(value, (tuple, list)):
        return _text(value)
    parts = [_text(item) for item in value]
    glue = _text(separator)
    if sum(map(len, parts)) + len(glue) * len(parts) > limits.TEXT_CHARACTERS * 6:
        raise RenderLimit
    return glue.join(parts)


@template_filter("first")
def first(value: Any) -> Any:
    return value[0] if isinstance(value, (tuple, list, str)) and value else ""


@template_filter("last")
def last(value: Any) -> Any:
    return value[-1] if isinstance(value, (tuple, list, str)) and value else ""


@template_filter("length", unset=True)
def length(value: Any) -> Any:
    return len(value) if isinstance(value, (tuple, list, str)) else 0


@template_filter("int")
def integer(value: Any) -> Any:
    number = _number(value)
    return "" if number is None else int(number)


@template_filter("float")
def floating(value: Any) -> Any:
    number = _number(value)
    return "" if number is None else float(number)


@template_filter("round")
def rounded(value: Any, places: Any = 0) -> Any:
    number = _number(value)
    if number is None:
        return ""
    digits = _whole(places, 0, 6)
    result = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return float(result) if digits else int(result)


@template_filter("number")
def number(value: Any, places: Any = None) -> Any:
    """Write a number with thousands separators, such as 12,500."""
    amount = _number(value)
    if amount is None:
        return ""
    if places is None:
        return (
            f"{amount:,f}".rstrip("0").rstrip(".") if amount % 1 else f"{amount:,.0f}"
        )
    return f"{amount:,.{_whole(places, 0, 6)}f}"


@template_filter("date")
def date(value: Any, layout: Any = "j F Y") -> Any:
    """Write an ISO date or time in words, such as 3 March 2027."""
    text = _text(value)[:40]
    moment: datetime.date | None
    try:
        moment = parse_date(text) if len(text) <= 10 else parse_datetime(text)
    except ValueError:
        return ""
    if moment is None:
        return ""
    if isinstance(moment, datetime.datetime) and timezone.is_aware(moment):
        moment = timezone.localtime(moment)
    try:
        return date_format(moment, _text(layout)[:50])
    except (TypeError, ValueError, AttributeError):
        # A day without a time was asked for its hours.
        return date_format(moment, "j F Y")


@template_filter("urlencode")
def urlencode(value: Any) -> Any:
    return quote(_text(value).encode("utf-8", "replace"), safe="")


@template_filter("escape")
def escaped(value: Any) -> Any:
    return value if isinstance(value, Markup) else escape(_text(value))


@pass_context
def linebreaks(context: BoundedContext, value: Any) -> Any:
    """Keep the line breaks of a text that customers or staff typed."""
    text = _text(value)
    context.spend(1 + len(text) // 64)
    if not context.eval_ctx.autoescape:
        return text
    return Markup("<br>\n").join(text.splitlines())


FILTERS["linebreaks"] = linebreaks
SIGNATURES["linebreaks"] = escaped
