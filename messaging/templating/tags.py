"""Finding the template tags of a source, and keeping them safe from compilers.

MJML and HTML tools take `{% if age < 30 %}` for markup. So each tag is replaced by a
word that means nothing to them, and put back afterwards.
"""

import dataclasses
import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from messaging.templating import limits
from messaging.templating.problems import Problem

_OPENERS = re.compile(r"\{[{%#]")
_QUOTED = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_TAG = {
    "{{": re.compile(rf"\{{\{{(?:{_QUOTED}|(?!\}}\}}|\{{[{{%]|['\"]).)*\}}\}}", re.S),
    "{%": re.compile(rf"\{{%(?:{_QUOTED}|(?!%\}}|\{{[{{%]|['\"]).)*%\}}", re.S),
    "{#": re.compile(r"\{#.*?#\}", re.S),
}
_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}"}
_STATEMENT = re.compile(r"\{%[-+]?\s*(\w*)")
_STATEMENTS = frozenset(("if", "elif", "else", "endif", "for", "endfor"))
# Editors for XML write these for what a tag means literally.
_ENTITIES = re.compile(r"&(?:lt|gt|amp|quot|apos|#39|#x27);", re.IGNORECASE)


@dataclass(frozen=True)
class Tag:
    """One template tag: `text` as written, but with XML entities read."""

    text: str
    start: int
    end: int
    line: int
    column: int
    field: str

    @property
    def opener(self) -> str:
        return self.text[:2]

    @property
    def statement(self) -> str:
        """Return the first word of a {% … %} tag, "" for any other."""
        match = _STATEMENT.match(self.text)
        return match[1] if match else ""

    def problem(self, message: str, line: int = 1) -> Problem:
        column = self.column if line == 1 else 1
        return Problem(self.line + line - 1, column, message, self.field)


class Places:
    """Lines and columns of a text by offset."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column


@dataclass
class Scan:
    """The tags of a source in their order, and what is wrong with them."""

    source: str
    field: str
    tags: list[Tag] = dataclasses.field(default_factory=list)
    problems: list[Problem] = dataclasses.field(default_factory=list)

    @cached_property
    def places(self) -> Places:
        return Places(self.source)

    def readable(self) -> str:
        """Return the source with the entities in its tags read; lines stay."""
        parts: list[str] = []
        position = 0
        for tag in self.tags:
            parts += [self.source[position : tag.start], tag.text]
            position = tag.end
        return "".join([*parts, self.source[position:]])


def scan_tags(source: str, field: str) -> Scan:
    """Find the template tags of `source`; what is never closed is a problem."""
    scan = Scan(source, field)
    position = 0
    while opener := _OPENERS.search(source, position):
        if len(scan.tags) >= limits.TAGS or len(scan.problems) >= limits.PROBLEMS:
            line, column = scan.places.place(opener.start())
            message = _("There are too many template tags.")
            scan.problems.append(Problem(line, column, message, field))
            break
        position = _scan_one(scan, opener.start(), opener[0])
    scan.problems.extend(_statement_problems(scan.tags))
    return scan


def _scan_one(scan: Scan, start: int, opener: str) -> int:
    line, column = scan.places.place(start)
    match = _TAG[opener].match(scan.source, start)
    if match is None:
        message = _unclosed(opener)
        scan.problems.append(Problem(line, column, message, scan.field))
        return start + 2
    text = match[0]
    if len(text) > limits.TAG_CHARACTERS:
        message = _("This template tag is too long.")
        scan.problems.append(Problem(line, column, message, scan.field))
        return match.end()
    if scan.field == "message":
        text = _ENTITIES.sub(lambda entity: html.unescape(entity[0]), text)
    scan.tags.append(Tag(text, start, match.end(), line, column, scan.field))
    return match.end()


def _unclosed(opener: str) -> str:
    if opener == "{#":
        return _(
            "“{#” begins a comment that is never closed with “#}”. "
            "In CSS, write a space after “{”."
        )
    return _("“%(opener)s” is never closed with “%(closer)s”.") % {
        "opener": opener,
        "closer": _CLOSERS[opener],
    }


def _statement_problems(tags: list[Tag]) -> Iterator[Problem]:
    """Check that every if and for is closed, in the right order."""
    open_tags: list[Tag] = []
    for tag in tags:
        if tag.opener != "{%":
            continue
        name = tag.statement
        if name not in _STATEMENTS:
            yield tag.problem(
                _("“%(name)s” is not available; there are if, elif, else and for.")
                % {"name": name or tag.text[:20]}
            )
        elif name in ("if", "for"):
            open_tags.append(tag)
        else:
            yield from _close(tag, name, open_tags)
    for tag in open_tags:
        yield tag.problem(
            _("“%(name)s” is never closed with “{%% end%(name)s %%}”.")
            % {"name": tag.statement}
        )


def _close(tag: Tag, name: str, open_tags: list[Tag]) -> Iterator[Problem]:
    inner = open_tags[-1].statement if open_tags else ""
    expected = {"elif": ("if",), "else": ("if", "for")}.get(name, (name[3:],))
    if inner in expected:
        if name.startswith("end"):
            open_tags.pop()
        return
    if not inner:
        yield tag.problem(
            _("“%(name)s” has no “%(opener)s” before it.")
            % {"name": name, "opener": expected[0]}
        )
        return
    yield tag.problem(
        _("“%(name)s” stands where “end%(inner)s” was expected, for line %(line)s.")
        % {"name": name, "inner": inner, "line": open_tags[-1].line}
    )


class Protected:
    """A source whose tags are words, with the way back to the author's lines."""

    def __init__(self, scan: Scan, prefix: str) -> None:
        self.scan = scan
        self.tags = {
            f"{prefix}{number:04d}z": tag for number, tag in enumerate(scan.tags)
        }
        self.text = ""
        # Where each piece begins: in the protected text, and in the source.
        self._starts: list[int] = []
        self._origins: list[int] = []
        self._replace()

    def _replace(self) -> None:
        parts: list[str] = []
        length = position = 0
        for word, tag in self.tags.items():
            for piece, origin in (
                (self.scan.source[position : tag.start], position),
                (word, tag.start),
            ):
                self._starts.append(length)
                self._origins.append(origin)
                parts.append(piece)
                length += len(piece)
            position = tag.end
        self._starts.append(length)
        self._origins.append(position)
        parts.append(self.scan.source[position:])
        self.text = "".join(parts)

    @cached_property
    def places(self) -> Places:
        return Places(self.text)

    @cached_property
    def words(self) -> re.Pattern[str]:
        return words_of(self.tags)

    def origin(self, offset: int) -> tuple[int, int]:
        """Return the author's line and column of an offset in the protected text."""
        piece = bisect_right(self._starts, offset) - 1
        inside = offset - self._starts[piece]
        return self.scan.places.place(self._origins[piece] + inside)

    def problem(self, offset: int, message: str) -> Problem:
        line, column = self.origin(offset)
        return Problem(line, column, message, self.scan.field)


def free_prefix(*sources: str) -> str:
    """Return the beginning of a word that occurs in none of the sources."""
    prefix = "zqv"
    everything = " ".join(sources).lower()
    while prefix in everything:
        prefix += "q"
    return prefix


def words_of(tags: Mapping[str, Tag]) -> re.Pattern[str]:
    """Match any of the words; without tags, nothing."""
    return re.compile("|".join(tags) or "(?!)")


def restore(text: str, tags: Mapping[str, Tag]) -> str:
    """Put the tags back where their words stand, also where one became a comment."""
    words = words_of(tags).pattern
    pattern = re.compile(rf"<!--({words})-->|({words})")
    return pattern.sub(lambda match: tags[match[1] or match[2]].text, text)


def unconditional(tags: Iterable[Tag]) -> Iterator[Tag]:
    """Give the {{ … }} tags that no condition or loop stands around."""
    depth = 0
    for tag in tags:
        depth += tag.statement in ("if", "for")
        depth -= tag.statement in ("endif", "endfor")
        if not depth and tag.opener == "{{":
            yield tag
