"""Links that are counted: found when a mail is compiled, spelled when it is filled in.

`{% track 3 %}https://…{% endtrack %}` stands around the address of the third link. It
is the address itself, unless the mail is tracked: then it is a link of this site that
leads there. `{% pixel %}` is the picture by which an opened mail is noticed. No author
can write either of them.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.utils.text import slugify
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.utils import pass_context
from markupsafe import Markup

from messaging.templating.context import MEMBER_LINKS
from messaging.templating.runtime import BoundedContext
from messaging.templating.tags import Tag, restore, words_of

# Names of filters that no author can spell.
TRACK, PIXEL = "link is counted", "opening is counted"
PIXEL_TAG = "{% pixel %}"

_ELEMENT = re.compile(
    r"""<(?:a|area|v:[\w-]+)\b(?:[^>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE
)
_HREF = re.compile(r"""(?<![\w:-])(href\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
# The host is the author's: nothing that a customer's value says comes before its end.
_OWN_HOST = re.compile(r"https?://[^\s/?#\\@{]+(?:[/?#]|$)", re.IGNORECASE)
_LOOP_NAME = re.compile(r"\{%[-+]?\s*for\s+(\w+)")
_NEVER = ("unsubscribe_url", "preferences_url", *MEMBER_LINKS, "copy_link")


@dataclass(frozen=True)
class Link:
    """A counted link by its place; `url` may hold template tags.

    `is_personal` says that it does, so that only a mail of one person's knows it whole.
    """

    position: int
    url: str

    @property
    def is_personal(self) -> bool:
        return "{" in self.url


class LinkFinder:
    """Collects the links of a compiled page whose tags are words."""

    def __init__(self, tags: Mapping[str, Tag]) -> None:
        self.links: list[Link] = []
        self._tags = tags
        self._words = words_of(tags)
        self._loop_names = {"loop", *_loop_names(tags.values())}

    def mark(self, page: str) -> str:
        """Return the page with each link that can be counted marked and numbered."""
        return _ELEMENT.sub(lambda found: _HREF.sub(self._mark_one, found[0]), page)

    def _mark_one(self, match: re.Match[str]) -> str:
        quote, address = match[2][0], match[2][1:-1]
        url = html.unescape(address).strip()
        if not _OWN_HOST.match(self._words.sub("{", url)) or self._is_left_alone(url):
            return match[0]
        link = Link(len(self.links) + 1, restore(url, self._tags))
        self.links.append(link)
        kind = " personal" if link.is_personal else ""
        opening = f"{{% track {link.position}{kind} %}}"
        return f"{match[1]}{quote}{opening}{address}{{% endtrack %}}{quote}"

    def _is_left_alone(self, url: str) -> bool:
        """Say whether no value that is kept says where the address leads."""
        inside = " ".join(self._tags[word].text for word in self._words.findall(url))
        names = set(re.findall(r"\w+", inside))
        return bool(names & self._loop_names or names.intersection(_NEVER))


def _loop_names(tags: Iterable[Tag]) -> Iterable[str]:
    return (found[1] for tag in tags if (found := _LOOP_NAME.match(tag.text)))


def with_parameters(url: str, parameters: str) -> str:
    """Add query parameters to an address, but for those that its author wrote."""
    if not parameters or not url.lower().startswith(("http://", "https://")):
        return url
    parts = urlsplit(url)
    present = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode(
        [pair for pair in parse_qsl(parameters) if pair[0] not in present]
    )
    query = "&".join(filter(None, (parts.query, added)))
    return parts._replace(query=query).geturl()


def utm_parameters(campaign: str, name: str) -> str:
    """Return the query parameters by which web analytics know the visits of a dispatch.

    They are the setting's, or those of the `campaign` that staff named; `name` stands
    for a campaign without one. "" if neither asks for any.
    """
    if not (campaign or settings.UTM_SOURCE):
        return ""
    parameters = {
        "utm_source": settings.UTM_SOURCE or slugify(settings.DEFAULT_FROM_NAME),
        "utm_medium": "email",
        "utm_campaign": campaign or slugify(name),
    }
    return urlencode({name: value for name, value in parameters.items() if value})[:500]


@pass_context
def track_link(
    context: BoundedContext, address: str, position: int, personal: bool
) -> str:
    """Lead an address over this site if its mail is tracked."""
    route = context.route
    if address == "#":
        return address
    if route.base and (route.personal or not personal):
        return Markup(f"{route.base}{position}")  # noqa: S704 - letters and digits
    if route.parameters:
        straight = with_parameters(html.unescape(str(address)), route.parameters)
        return Markup(html.escape(straight))  # noqa: S704 - escaped
    return address


@pass_context
def show_pixel(context: BoundedContext, _nothing: str) -> str:
    """Give the picture of a mail that is tracked, else nothing."""
    if not context.route.pixel:
        return ""
    picture = (
        f'<img src="{context.route.pixel}" alt="" width="1" height="1"'
        ' style="display:block;border:0;width:1px;height:1px">'
    )
    return Markup(picture)  # noqa: S704 - an address of our own making


class CountedLinks(Extension):
    """The tags `track` and `pixel`, which only the compiler writes."""

    tags = {"track", "pixel"}

    def parse(self, parser: Parser) -> nodes.Node:
        token = next(parser.stream)
        if token.value == "pixel":
            picture = nodes.Filter(nodes.Const(""), PIXEL, [], [], None, None)
            return nodes.Output([picture]).set_lineno(token.lineno)
        position = nodes.Const(parser.stream.expect("integer").value)
        personal = nodes.Const(parser.stream.skip_if("name:personal"))
        body = parser.parse_statements(("name:endtrack",), drop_needle=True)
        counted = nodes.Filter(None, TRACK, [position, personal], [], None, None)
        return nodes.FilterBlock(body, counted).set_lineno(token.lineno)
