"""What changed between two versions of what an author wrote."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT_LINES = 3


@dataclass(frozen=True)
class Line:
    """A line of a field: `kind` is "same", "added", "removed" or "gap" (left out)."""

    kind: str
    number: int
    text: str


@dataclass(frozen=True)
class FieldDifference:
    """A field that changed, by its name."""

    field: str
    lines: list[Line]


def differences(
    old: Mapping[str, str], new: Mapping[str, str], *, fields: Iterable[str]
) -> list[FieldDifference]:
    """Return the `fields` that changed from `old` to `new`, with their lines."""
    return [
        FieldDifference(name, list(_lines(old.get(name, ""), new.get(name, ""))))
        for name in fields
        if old.get(name, "") != new.get(name, "")
    ]


def _lines(old: str, new: str) -> Iterator[Line]:
    before, after = (text.split("\n") if text else [] for text in (old, new))
    # Lines that occur often, such as closing tags, are lines like any other.
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for place, group in enumerate(matcher.get_grouped_opcodes(CONTEXT_LINES)):
        if place:
            yield Line("gap", 0, "")
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                yield from _numbered("same", after, new_start, new_end)
                continue
            yield from _numbered("removed", before, start, end)
            yield from _numbered("added", after, new_start, new_end)


def _numbered(kind: str, lines: list[str], start: int, end: int) -> Iterator[Line]:
    for index in range(start, end):
        yield Line(kind, index + 1, lines[index])
