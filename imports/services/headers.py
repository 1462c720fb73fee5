"""The names of a file's columns, made usable: each is there, clean and unique."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from imports.services.records import HOLDS_NUL, Record
from marketing_os.lib.errors import DomainError

MAX_COLUMNS = 200
MAX_HEADER = 255
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Heading:
    """The name of a column, what was done to it, and the name that it repeats."""

    name: str
    note: str = ""
    repeats: str = ""


def read_header(records: Iterator[Record]) -> list[Heading]:
    """Take the first record as names of columns; unnamed ones are "column N".

    Names that repeat are told apart by their place, as "name" and "name (2)". Raises
    DomainError when there is no header, or far too much of it.
    """
    first = next(records, None)
    if first is None:
        raise DomainError("The file is empty.")
    if first.problem not in ("", HOLDS_NUL):
        raise DomainError(f"The header cannot be read. {first.problem}")
    names = [_clean(name) for name in first.cells]
    if len(names) > MAX_COLUMNS:
        raise DomainError(
            f"The file has {len(names):,} columns; {MAX_COLUMNS} are allowed."
        )
    return _told_apart(names)


def _clean(name: str) -> str:
    """Drop what cannot be seen, and write every kind of space as one space."""
    return " ".join(_CONTROL.sub(" ", _INVISIBLE.sub("", name)).split())


def _told_apart(names: list[str]) -> list[Heading]:
    taken = {name.casefold() for name in names}
    seen: set[str] = set()
    headings = []
    for place, given in enumerate(names, 1):
        name, note, repeats = given or f"column {place}", "", ""
        if len(name) > MAX_HEADER:
            name = f"{name[: MAX_HEADER - 1]}…"
            note = f"The name of this column is cut to {MAX_HEADER} characters."
        if name.casefold() in seen:
            name, repeats = _numbered(name, taken | seen), name
            note = f"Another column has this name too; this one is called “{name}”."
        seen.add(name.casefold())
        headings.append(Heading(name, note, repeats))
    return headings


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while True:
        suffix = f" ({number})"
        candidate = name[: MAX_HEADER - len(suffix)] + suffix
        if candidate.casefold() not in taken:
            return candidate
        number += 1
