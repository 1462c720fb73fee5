"""A workflow as somebody is writing it: each step by itself, with its words or fault.

The program stops at the first fault. A form that shows all of them, and the steps that
are right, reads them here; what may be saved is still the program's to say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from automations.workflows.fields import Field, Kind
from automations.workflows.program import DEEPEST, MOST_STEPS, WAYS
from automations.workflows.steps import NOT_YET, STEPS, Branch, Step
from segments.conditions import Catalogue
from segments.conditions.entry import Entry
from segments.errors import ConditionError

# Room to write more than may be saved, and to take some away again.
MOST_READ = 2 * MOST_STEPS


@dataclass(frozen=True)
class Fault:
    """What is wrong with a parameter: its `key`, "" for the whole, and where in it."""

    key: str
    rest: str
    words: str

    @property
    def path(self) -> str:
        return ".".join(filter(None, (self.key, self.rest)))


@dataclass
class DraftStep:
    """One step of a document: `name` is what it says its type is.

    `kind` is None where there is no such type, `step` where it cannot be read.
    """

    id: str
    name: str
    kind: type[Step] | None
    parameters: dict[str, Any]
    step: Step | None = None
    words: str = ""
    fault: Fault | None = None
    yes: list["DraftStep"] = field(default_factory=list)
    no: list["DraftStep"] = field(default_factory=list)

    @property
    def is_branch(self) -> bool:
        return self.kind is not None and issubclass(self.kind, Branch)

    @property
    def title(self) -> str:
        return str(self.kind.title) if self.kind else self.name

    @property
    def icon(self) -> str:
        return self.kind.icon if self.kind else "help"

    @property
    def told(self) -> str:
        """What it does, or what is wrong; "" where its title says all."""
        words = self.fault.words if self.fault else self.words
        return "" if words == self.title else words

    @property
    def ways(self) -> dict[str, list["DraftStep"]]:
        return {"yes": self.yes, "no": self.no} if self.is_branch else {}


def read_draft(
    document: Any,
    catalogue: Catalogue,
    *,
    depth: int = 1,
    room: Iterator[int] | None = None,
) -> list[DraftStep]:
    """Read steps of any document; what is no step at all, or too many, is left out."""
    if not isinstance(document, list) or depth > DEEPEST + 1:
        return []
    room = iter(range(MOST_READ)) if room is None else room
    steps = (one for one in document if isinstance(one, dict))
    return [
        _read_step(one, catalogue, depth, room)
        for one, _place in zip(steps, room, strict=False)
    ]


def all_steps(steps: list[DraftStep]) -> Iterator[DraftStep]:
    """Go through steps and those inside their branches, in the order of reading."""
    for one in steps:
        yield one
        yield from all_steps(one.yes)
        yield from all_steps(one.no)


def outline(steps: list[DraftStep], *, indent: str = "") -> Iterator[str]:
    """Tell steps as lines of text, those of a branch's ways further in."""
    for number, one in enumerate(steps, 1):
        words = f"{one.title}: {one.told}" if one.told else one.title
        yield f"{indent}{number}. {words}"
        for name, words in (("yes", _("Yes:")), ("no", _("No:"))):
            if one.is_branch:
                yield f"{indent}   {words}"
                yield from outline(one.ways[name], indent=f"{indent}      ")


def fault_of(
    error: ConditionError,
    root: str,
    fields: Iterable[Field] = (),
    parameters: Any = None,
) -> Fault:
    """Split the path of an error below a root into its parameter and the rest.

    Of `fields` that were left empty it speaks as a form does, not as of a document.
    """
    below = error.path.removeprefix(root).lstrip(".") if error.path else ""
    key, _dot, rest = below.partition(".")
    name, bracket, place = key.partition("[")
    kinds = {field.kind for field in fields if field.key == name}
    given = parameters if isinstance(parameters, dict) else {}
    if not given.get(name):
        if Kind.CHOICE in kinds:
            return Fault(name, "", _("Choose one."))
        if Kind.CHOICES in kinds:
            return Fault(name, "", _("Choose at least one."))
    return Fault(name, f"{bracket}{place}{_dot}{rest}".lstrip("."), str(error))


def _read_step(
    document: dict[str, Any], catalogue: Catalogue, depth: int, room: Iterator[int]
) -> DraftStep:
    name = str(document.get("type", ""))[:100]
    parameters = document.get("parameters", {})
    one = DraftStep(
        str(document.get("id", ""))[:100],
        name,
        STEPS.get(name),
        parameters if isinstance(parameters, dict) else {},
    )
    if one.kind is None:
        unknown = ("", "", _("There is no step of this kind."))
        *_named, words = NOT_YET.get(name, unknown)
        one.fault = Fault("", "", str(words))
        return one
    try:
        entry = Entry(one.parameters, "")
        entry.insist_on_keys(one.kind.keys)
        step = one.step = one.kind.read(one.id, entry, catalogue)
        one.words = step.words()
        if missing := step.missing():
            raise entry.refuse(*missing)
    except ConditionError as error:
        one.fault = fault_of(error, "", one.kind.fields, one.parameters)
    if one.is_branch:
        one.yes, one.no = (
            read_draft(document.get(way), catalogue, depth=depth + 1, room=room)
            for way in WAYS
        )
    return one
