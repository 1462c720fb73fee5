"""Reading MJML and HTML sources to find, with their lines, mistakes and places."""

import re
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from messaging.templating import limits
from messaging.templating.elements import (
    CLOSES_ITSELF,
    FORBIDDEN,
    RAW_TEXT,
    VOID,
    named,
)
from messaging.templating.links import link_problem
from messaging.templating.problems import Problem
from messaging.templating.tags import Protected

_LINKS = named("href src background background-url action formaction poster xlink:href")
# Addresses that nobody can follow by a click.
_NOT_SEEN = named("img link mj-image mj-font body table td")
_MAX_DEPTH = 150
_TAG_CHARACTERS = 10_000
_OPENING = re.compile("<(!--|[a-zA-Z/!?])")
_INSIDE_TAG = re.compile("[^<>\"']*(?:\"[^\"]*\"[^<>\"']*|'[^']*'[^<>\"']*)*>")
_ATTRIBUTE = re.compile(
    r"(?<=\s)([^\s=/>\"']+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?", re.S
)


@dataclass(frozen=True)
class Element:
    """An element that is open while the source is read."""

    name: str
    offset: int


class _EnoughProblems(Exception):  # noqa: N818 - no error, a reason to stop
    pass


def _broken_markup(text: str) -> tuple[int, str] | None:
    """Find the first tag or comment that never ends, with a sentence.

    Python's parser takes time by the square of the length for these.
    """
    position = 0
    while opening := _OPENING.search(text, position):
        start = opening.start()
        if opening[1] == "!--":
            end = text.find("-->", opening.end()) + 3
            if end < 3:
                return start, _("This comment is never closed with “-->”.")
        else:
            limit = start + _TAG_CHARACTERS
            match = _INSIDE_TAG.match(text, opening.end(), limit)
            if match is None:
                return start, _(
                    "This “<” is never closed with “>”; look at the quotes."
                )
            end = match.end()
        position = end
    return None


class MarkupReader(HTMLParser):
    """Reads a protected source; finds problems and in what each tag's word stands.

    `contexts` maps a word to "text", "raw" (style, title), "attribute", "name"
    (where a name of an element or attribute is expected) or "comment".
    """

    def __init__(self, protected: Protected) -> None:
        super().__init__(convert_charrefs=False)
        self.protected = protected
        self.problems: list[Problem] = []
        self.contexts: dict[str, str] = {}
        self.link_words: set[str] = set()
        self.stack: list[Element] = []
        self.elements = 0

    def read(self) -> None:
        """Fill `problems` and `contexts`."""
        broken = _broken_markup(self.protected.text)
        if broken:
            self.problems.append(self.protected.problem(*broken))
            return
        with suppress(_EnoughProblems):
            self.feed(self.protected.text)
            self.close()
            for element in self.stack:
                self._never_closed(element)

    def at(self) -> int:
        line, column = self.getpos()
        return self.protected.places.offset(line, column)

    def report(self, message: str, offset: int | None = None) -> None:
        place = self.at() if offset is None else offset
        self.problems.append(self.protected.problem(place, message))
        if len(self.problems) >= limits.PROBLEMS:
            raise _EnoughProblems

    @property
    def parent(self) -> str:
        return self.stack[-1].name if self.stack else ""

    def is_inside(self, names: frozenset[str]) -> bool:
        return any(element.name in names for element in self.stack)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]], closed: bool = False
    ) -> None:
        self._count_element()
        self._note_words_of_start_tag(tag, attrs)
        self.check_element(tag, attrs)
        if tag in VOID or closed:
            return
        if len(self.stack) >= _MAX_DEPTH:
            self.report(_("Elements are nested too deeply."))
            return
        self.stack.append(Element(tag, self.at()))

    def _count_element(self) -> None:
        self.elements += 1
        if self.elements > limits.ELEMENTS:
            self.report(_("There are too many elements."))
            raise _EnoughProblems

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs, closed=True)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or self.protected.words.search(tag):
            return
        names = [element.name for element in self.stack]
        if tag not in names:
            if tag != "p":
                self.report(
                    _("</%(name)s> closes nothing that is open.") % {"name": tag}
                )
            return
        while self.stack:
            element = self.stack.pop()
            if element.name == tag:
                return
            self._never_closed(element)

    def _never_closed(self, element: Element) -> None:
        if element.name not in CLOSES_ITSELF:
            self.report(
                _("<%(name)s> is never closed.") % {"name": element.name},
                element.offset,
            )

    def handle_data(self, data: str) -> None:
        kind = "raw" if self.is_inside(RAW_TEXT) else "text"
        self.note_words(data, kind)

    def handle_comment(self, data: str) -> None:
        self.note_words(data, "comment")

    def handle_decl(self, decl: str) -> None:
        self.note_words(decl, "comment")

    def unknown_decl(self, data: str) -> None:
        self.note_words(data, "comment")

    def handle_pi(self, data: str) -> None:
        self.note_words(data, "comment")

    def check_element(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Report what is wrong with an element itself."""
        if tag in FORBIDDEN:
            self.report(
                _("Mail programs refuse <%(name)s>; take it out.") % {"name": tag}
            )
        for name, value in attrs:
            if name.startswith("on") and not self.protected.words.search(name):
                self.report(
                    _("Mail programs refuse “%(name)s”; take it out.") % {"name": name}
                )
            elif name in _LINKS and value:
                self.check_link(tag, value)

    def check_link(self, tag: str, address: str) -> None:
        """Report a link to nowhere good, as far as its fixed beginning tells."""
        if tag not in _NOT_SEEN:
            self.link_words.update(self.protected.words.findall(address))
        word = self.protected.words.match(address.strip())
        if word is None:
            message = link_problem(self.protected.words.sub("x", address))
            if message:
                self.report(message)

    def _note_words_of_start_tag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        source = self.get_starttag_text() or ""
        if not self.protected.words.search(source):
            return
        quoted = set()
        for match in _ATTRIBUTE.finditer(source):
            value = match[2] or ""
            if value[:1] in ("'", '"'):
                quoted.update(self.protected.words.findall(value))
        for word in self.protected.words.findall(source):
            if word in quoted:
                self.contexts[word] = "attribute"
            else:
                self.contexts[word] = "name"
                self.report_bare_word(word)

    def report_bare_word(self, word: str) -> None:
        """Report a value that stands in a start tag outside quotation marks."""
        tag = self.protected.tags[word]
        if tag.opener == "{{":
            self.problems.append(
                tag.problem(_("A value in an attribute must stand in quotation marks."))
            )

    def note_words(self, data: str, kind: str) -> None:
        """Remember that the tags in `data` stand in this kind of place."""
        for word in self.protected.words.findall(data):
            self.contexts[word] = kind
