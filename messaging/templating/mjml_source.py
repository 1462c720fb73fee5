"""Checking MJML with line numbers before it is compiled; the compiler has none."""

import html
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.templating import limits
from messaging.templating.elements import named
from messaging.templating.markup import MarkupReader
from messaging.templating.mjml_schema import (
    CHILDREN,
    KEEPS_COMMENTS,
    attributes_of,
)
from messaging.templating.tags import Protected

_MEASURES = re.compile(
    r"(inner-)?(padding|border)(-(top|right|bottom|left|radius|width))?"
    r"|width|height|(icon|background)-(size|width|height)"
)
_TABLE_PARTS = named("mj-table table tbody thead tfoot tr colgroup")
_BUILT_IN_FONTS = frozenset(("Open Sans", "Droid Sans", "Lato", "Roboto", "Ubuntu"))
_SELECTOR = re.compile(r"[\w\s.#-]{1,100}")
_NEEDS_ESCAPE = re.compile('["<>&]')

Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True)
class Edit:
    """A piece of the protected source to replace before compiling."""

    start: int
    end: int
    text: str


class MjmlReader(MarkupReader):
    """Reads a protected MJML source and prepares it for the compiler.

    After `read`, `prepared` returns the text to compile: template tags between
    components and table rows are comments, built-in fonts are not asked for again,
    comments of the author are gone and quotation marks in attributes are safe.
    """

    def __init__(self, protected: Protected) -> None:
        super().__init__(protected)
        self.edits: list[Edit] = []
        self.sections: list[int] = []
        self.body_end = self.head_end = self.root_end = -1
        self._fonts: set[int] = set()
        self._selectors = 0
        self.preview_spans: list[tuple[int, int]] = []

    def prepared(self, extra: list[Edit]) -> str:
        """Return the source with every edit done, and those in `extra`."""
        return self.apply([*self.edits, *extra])

    def apply(self, edits: list[Edit]) -> str:
        """Return the source with `edits` done; one inside another is left out."""
        text = self.protected.text
        parts: list[str] = []
        position = 0
        # At one place insertions come first, then the longest replacement.
        for edit in sorted(
            edits, key=lambda edit: (edit.start, edit.end > edit.start, -edit.end)
        ):
            if edit.start < position:
                continue
            parts += [text[position : edit.start], edit.text]
            position = edit.end
        return "".join([*parts, text[position:]])

    def drop(self, start: int, end: int) -> Edit:
        """Return the edit that leaves a piece out, whose tags are then not missed."""
        self.note_words(self.protected.text[start:end], "comment")
        return Edit(start, end, "")

    def check_element(self, tag: str, attrs: Attributes) -> None:
        parent = self.parent
        if tag == "mj-include":
            self.report(_("<mj-include> is not available; paste the part in."))
        elif tag.startswith("mj"):
            self._check_component(tag, attrs, parent)
        elif parent in CHILDREN:
            self._report_place(tag, parent)
        super().check_element(tag, attrs)

    def check_link(self, tag: str, address: str) -> None:
        # A menu's links stand relative to the base-url of the menu.
        if tag != "mj-navbar-link" or not address.startswith("/"):
            super().check_link(tag, address)

    def report_bare_word(self, word: str) -> None:
        tag = self.protected.tags[word]
        if tag.opener == "{{":
            super().report_bare_word(word)
        else:
            self.problems.append(
                tag.problem(
                    _("Put the condition inside the attribute's quotation marks.")
                )
            )

    def _check_component(self, tag: str, attrs: Attributes, parent: str) -> None:
        known = attributes_of(tag)
        if known is None:
            self.report(_("There is no component <%(name)s>.") % {"name": tag})
            return
        in_defaults = parent == "mj-attributes"
        if not in_defaults and tag not in CHILDREN.get(parent, frozenset()):
            self._report_place(tag, parent)
        if not (in_defaults and tag in ("mj-all", "mj-class")):
            self._check_attributes(tag, attrs, known)
        if tag == "mj-selector":
            self._check_selector(dict(attrs).get("path") or "")
        self._prepare(tag, attrs, parent)

    def _check_selector(self, path: str) -> None:
        """Keep to selectors that are found quickly, and to a few of them."""
        self._selectors += 1
        if self._selectors > limits.SELECTORS or not _SELECTOR.fullmatch(path):
            self.report(
                _("A path is made of element names and classes; %(count)s at most.")
                % {"count": limits.SELECTORS}
            )

    def _check_attributes(
        self, tag: str, attrs: Attributes, known: frozenset[str]
    ) -> None:
        for name, value in attrs:
            if self.protected.words.search(name):
                continue
            if name not in known:
                self.report(
                    _("<%(tag)s> has no attribute “%(name)s”.")
                    % {"tag": tag, "name": name}
                )
            elif _MEASURES.fullmatch(name) and self.protected.words.search(value or ""):
                self.report(
                    _("“%(name)s” of <%(tag)s> takes a fixed size, no template tag.")
                    % {"tag": tag, "name": name}
                )

    def _report_place(self, tag: str, parent: str) -> None:
        if not parent:
            self.report(_("An MJML message begins with <mjml>."))
            return
        allowed = sorted(CHILDREN.get(parent, ()))
        if not allowed:
            self.report(
                _("<%(tag)s> cannot stand in <%(parent)s>.")
                % {"tag": tag, "parent": parent}
            )
            return
        self.report(
            _("<%(tag)s> cannot stand in <%(parent)s>; there may be %(allowed)s.")
            % {"tag": tag, "parent": parent, "allowed": ", ".join(allowed)}
        )

    def _prepare(self, tag: str, attrs: Attributes, parent: str) -> None:
        source = self.get_starttag_text() or ""
        start, end = self.at(), self.at() + len(source)
        if tag == "mjml":
            self.root_end = end
        if parent == "mj-body":
            self.sections.append(start)
        if tag == "mj-font" and dict(attrs).get("name") in _BUILT_IN_FONTS:
            self._fonts.add(start)
            self.edits.append(Edit(start, end, ""))
        elif any(_NEEDS_ESCAPE.search(value or "") for _name, value in attrs):
            closing = "/>" if source.endswith("/>") else ">"
            self.edits.append(Edit(start, end, _start_tag(tag, attrs, closing)))

    def handle_endtag(self, tag: str) -> None:
        start = self.at()
        if tag == "mj-body":
            self.body_end = start
        elif tag == "mj-head":
            self.head_end = start
        elif tag == "mj-preview" and self.parent == tag:
            end = self.protected.text.find(">", start) + 1
            self.preview_spans.append((self.stack[-1].offset, end))
        elif tag == "mj-font" and self.stack and self.stack[-1].offset in self._fonts:
            self.edits.append(Edit(start, start + len("</mj-font>"), ""))
        super().handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        parent = self.parent
        start = self.at()
        if parent not in CHILDREN and parent not in _TABLE_PARTS:
            return
        for match in self.protected.words.finditer(data):
            self._keep_word(match[0], parent, start + match.start())
        if parent in CHILDREN:
            self._refuse_text(data, parent, start)

    def _keep_word(self, word: str, parent: str, start: int) -> None:
        if parent in KEEPS_COMMENTS or parent in _TABLE_PARTS:
            self.edits.append(Edit(start, start + len(word), f"<!--{word}-->"))
        else:
            tag = self.protected.tags[word]
            self.problems.append(
                tag.problem(
                    _("A template tag cannot stand in <%(parent)s>.")
                    % {"parent": parent or "mjml"}
                )
            )

    def _refuse_text(self, data: str, parent: str, start: int) -> None:
        text = self.protected.words.sub(lambda match: " " * len(match[0]), data)
        if text.strip():
            self.report(
                _("Text cannot stand in <%(parent)s>; put it into <mj-text>.")
                % {"parent": parent or "mjml"},
                start + len(text) - len(text.lstrip()),
            )

    def handle_comment(self, data: str) -> None:
        super().handle_comment(data)
        if not data.startswith("[if") and not data.endswith("<![endif]"):
            start = self.at()
            self.edits.append(Edit(start, start + len(data) + 7, ""))

    def read(self) -> None:
        super().read()
        if not self.problems and self.body_end < 0:
            self.report(_("An MJML message needs <mj-body> inside <mjml>."), 0)


def _start_tag(tag: str, attrs: Attributes, closing: str) -> str:
    """Write a start tag whose values still stand in quotes after the compiler.

    It reads entities and writes values as they are, so they are escaped twice.
    """
    parts = [tag]
    for name, value in attrs:
        safe = _escape(_escape(value or ""))
        parts.append(f'{name}="{safe}"')
    return f"<{' '.join(parts)}{closing}"


def _escape(value: str) -> str:
    return html.escape(value, quote=False).replace('"', "&quot;")
