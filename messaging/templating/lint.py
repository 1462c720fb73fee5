"""What is allowed in a mail and yet is likely to be a mistake, each by a rule.

docs/templates.md lists the rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from messaging.templating.elements import VOID, named
from messaging.templating.problems import Problem
from messaging.templating.tags import Protected, Scan, free_prefix

GMAIL_BYTES = 102 * 1024
SUBJECT_CHARACTERS = 78
_SHOUTED_LETTERS = 8
_LINKS = named("a mj-button mj-navbar-link mj-social-element")
_PICTURES = named("img mj-image")
_UNSEEN = named("head style script title mj-head mj-style mj-title mj-preview")
_DEAD = re.compile(r"(?:#!?|https?:(?://)?|https?://#|javascript:.*)?", re.IGNORECASE)
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


@dataclass
class _OpenLink:
    name: str
    offset: int
    has_words: bool = False


class _LintReader(HTMLParser):
    """Reads the author's source for pictures and links that lack something."""

    def __init__(self, protected: Protected) -> None:
        super().__init__(convert_charrefs=True)
        self.protected = protected
        self.problems: list[Problem] = []
        self.links: list[_OpenLink] = []
        self.has_words = False
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if self._unseen:
            return
        values = {name: value or "" for name, value in attrs}
        if tag in _PICTURES:
            self._check_picture(tag, values)
        elif tag in _LINKS:
            self._check_address(tag, values)
            if tag not in VOID:
                self.links.append(_OpenLink(tag, self._offset()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if self.links and self.links[-1].name == tag:
            link = self.links.pop()
            # An icon of a social network is drawn by its name.
            if not link.has_words and tag != "mj-social-element":
                self._warn(_("This link has no words to click on."), link.offset)

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._unseen:
            self._words_are_here()

    def _check_picture(self, tag: str, values: dict[str, str]) -> None:
        if "alt" not in values:
            message = _('<%(name)s> needs alt="…" for those who do not see pictures.')
            self._warn(message % {"name": tag})
        if values.get("alt", "").strip():
            self._words_are_here()

    def _check_address(self, tag: str, values: dict[str, str]) -> None:
        is_target = tag == "a" and not values.keys().isdisjoint(("name", "id"))
        if "href" not in values and (is_target or tag == "mj-social-element"):
            return
        address = values.get("href", "").strip()
        if _DEAD.fullmatch(address):
            self._warn(_("This link leads nowhere yet; write its address into href."))

    def _words_are_here(self) -> None:
        self.has_words = True
        for link in self.links:
            link.has_words = True

    def _offset(self) -> int:
        line, column = self.getpos()
        return self.protected.places.offset(line, column)

    def _warn(self, message: str, offset: int | None = None) -> None:
        place = self._offset() if offset is None else offset
        problem = self.protected.problem(place, message)
        self.problems.append(replace(problem, level="warning"))


def markup_warnings(message: Scan, *, has_own_text: bool) -> list[Problem]:
    """Point at pictures without words, and links without words or address.

    A mail of pictures alone has no text version unless its author wrote one.
    """
    reader = _LintReader(Protected(message, f"{free_prefix(message.source)}m"))
    reader.feed(reader.protected.text)
    reader.close()
    if reader.has_words or has_own_text:
        return reader.problems
    empty = _("The text version is empty; write one, or give the pictures words.")
    return [*reader.problems, _warning(empty, "body_text")]


def subject_warnings(subject: str) -> Iterator[Problem]:
    """Judge the subject by what stands in it beside the values."""
    words = _TAG.sub("", subject)
    if len(words) > SUBJECT_CHARACTERS:
        message = _(
            "The subject has %(count)s characters; beyond %(limit)s most mailboxes cut"
            " it off."
        ) % {"count": len(words), "limit": SUBJECT_CHARACTERS}
        yield _warning(message, "subject")
    letters = [letter for letter in words if letter.isalpha()]
    if len(letters) >= _SHOUTED_LETTERS and words.upper() == words != words.lower():
        yield _warning(
            _("The subject is all capitals, which filters take for spam."), "subject"
        )


def preheader_warnings(preheader: str, message: str) -> Iterator[Problem]:
    """Miss the line beside the subject, where mailboxes then show any other."""
    if not preheader.strip() and "<mj-preview" not in message.lower():
        yield _warning(
            _("Without a preheader mailboxes show the first words of the mail."),
            "preheader",
        )


def unsubscribe_warnings(scan: Scan) -> Iterator[Problem]:
    """Miss the author's own link to unsubscribe in marketing."""
    if not any("unsubscribe_url" in tag.text for tag in scan.tags):
        yield _warning(
            _(
                "There is no link to {{ unsubscribe_url }}; one is put at the end of"
                " the mail."
            )
        )


def size_warnings(html: str) -> Iterator[Problem]:
    """Tell when a mail is so large that Gmail shows only its beginning."""
    size = len(html.encode("utf-8", "replace"))
    if size > GMAIL_BYTES:
        message = _("The mail has %(size)s KB; Gmail cuts off what is over 102 KB.")
        yield _warning(message % {"size": -(-size // 1024)})


def _warning(message: str, field: str = "message") -> Problem:
    return Problem(0, 0, message, field, "warning")
