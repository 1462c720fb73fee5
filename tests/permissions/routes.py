"""Every route of the product, as the URL resolver knows them."""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)|\([^()]*\)")


@dataclass(frozen=True)
class Route:
    """An address with places for values, and the view behind it."""

    text: str
    name: str
    view: Any

    @property
    def places(self) -> list[str]:
        return _PLACE.findall(self.text)

    @property
    def queryset(self) -> Any:
        """The rows behind an address of the API; None elsewhere."""
        return getattr(getattr(self.view, "cls", None), "queryset", None)

    @property
    def methods(self) -> list[str]:
        """GET and POST, and what else an address of the API answers."""
        # A view that was asked once also names HEAD, which is GET without the answer.
        told = set(getattr(self.view, "actions", None) or ())
        others = told - {"get", "post", "head"}
        return ["GET", "POST", *sorted(method.upper() for method in others)]

    @property
    def actions(self) -> list[str]:
        """What a list of the admin offers to do with the rows that are ticked."""
        if not self.name.endswith("_changelist"):
            return []
        request = HttpRequest()
        request.user = User(is_superuser=True)
        return list(self.view.model_admin.get_actions(request))

    def path(self, values: list[Any]) -> str:
        rest = iter(values)
        return _PLACE.sub(lambda _place: str(next(rest)), self.text)


def all_routes() -> list[Route]:
    return sorted(_walk(get_resolver().url_patterns, "/"), key=lambda one: one.text)


def _walk(patterns: list[Any], before: str) -> list[Route]:
    found = []
    for pattern in patterns:
        text = before + _text(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found.append(Route(text, pattern.name or "", pattern.callback))
        else:
            found += _walk(pattern.url_patterns, text)
    return found


def _text(pattern: Any) -> str:
    if not isinstance(pattern, RegexPattern):
        return str(pattern)
    unnamed = iter(("first", "second"))
    named = _GROUP.sub(lambda group: f"<{group[1] or next(unnamed)}>", str(pattern))
    return named.strip("^$")
