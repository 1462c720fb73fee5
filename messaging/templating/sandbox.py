"""Jinja2 cut down to what a message needs, by an allow-list of its syntax.

The sandbox of Jinja2 is not the wall: what a template may contain is. Names read
plain data, filters are ours, and there are no calls, arithmetic, assignments,
macros or includes.
"""

from typing import Any

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from messaging.templating.filters import FILTERS
from messaging.templating.links import safe_link
from messaging.templating.runtime import (
    BoundedContext,
    Unset,
    compare,
    each,
    is_unset,
    look_up,
    show,
)
from messaging.templating.tracked import (
    PIXEL,
    TRACK,
    CountedLinks,
    show_pixel,
    track_link,
)

# Names of filters that no author can spell.
EACH, COMPARE, LINK = "each item", "compare values", "link is safe"
TESTS = {
    "defined": lambda value: not is_unset(value),
    "undefined": is_unset,
    "none": is_unset,
}


class SafeLink(Extension):
    """`{% link %}…{% endlink %}`: what stands between must be a harmless address."""

    tags = {"link"}

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endlink",), drop_needle=True)
        checked = nodes.Filter(None, LINK, [], [], None, None)
        return nodes.FilterBlock(body, checked).set_lineno(line)


class MessageEnvironment(ImmutableSandboxedEnvironment):
    """An environment in which lookups only ever find plain data."""

    context_class = BoundedContext

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(
            autoescape=autoescape,
            undefined=Unset,
            finalize=show,
            extensions=(SafeLink, CountedLinks),
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.globals.clear()
        self.filters.clear()
        self.filters.update(FILTERS)
        self.filters.update({EACH: each, COMPARE: compare, LINK: safe_link})
        self.filters.update({TRACK: track_link, PIXEL: show_pixel})
        self.tests.clear()
        self.tests.update(TESTS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return look_up(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return look_up(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        return False


HTML = MessageEnvironment(autoescape=True)
TEXT = MessageEnvironment(autoescape=False)
