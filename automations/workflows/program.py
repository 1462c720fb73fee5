"""The steps of a version, read into the order in which they follow one another."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from automations.models import WorkflowVersion
from automations.workflows.steps import NOT_YET, STEPS, Branch, Step
from automations.workflows.steps.waits import Wait
from segments.conditions import Catalogue
from segments.conditions.entry import Entry
from segments.errors import ConditionError

MOST_STEPS = 100
DEEPEST = 8
LONGEST_ID = 40
WAYS = ("yes", "no")


@dataclass(frozen=True)
class Place:
    """A step and where it stands: a later one of the same way has a higher `order`.

    `next` is the ID of the step behind it, "" at the end.
    """

    step: Step
    order: int
    next: str


@dataclass(frozen=True)
class Program:
    """All steps of a version by their IDs."""

    places: dict[str, Place]
    first: str

    @property
    def waits_for(self) -> set[str]:
        """The activities that members wait for on the way."""
        steps = (place.step for place in self.places.values())
        return {
            step.activity for step in steps if isinstance(step, Wait) and step.activity
        }

    def in_order(self) -> list[Place]:
        """List the places so that none stands before one that leads to it."""
        return sorted(self.places.values(), key=lambda place: place.order)


def read_steps(
    document: Any, catalogue: Catalogue, *, is_saved: bool = True
) -> Program:
    """Read the steps of a workflow; raises ConditionError with the path of a fault.

    That what they name is there is asked only of those that are to be saved.
    """
    reader = _Reader(catalogue, is_saved)
    first = reader.read_list(document, "steps", behind="", depth=1)
    return Program(reader.places, first)


def program_of(version: WorkflowVersion) -> Program:
    """Return the program of a version; raises ConditionError.

    It is read anew each time: the segments that branches ask may have changed.
    """
    return read_steps(version.steps, Catalogue(), is_saved=False)


class _Reader:
    """Reads steps in the order in which they stand, those inside a branch after it."""

    def __init__(self, catalogue: Catalogue, is_saved: bool) -> None:
        self.catalogue = catalogue
        self.is_saved = is_saved
        self.places: dict[str, Place] = {}
        self._ids: set[str] = set()

    def read_list(self, document: Any, path: str, *, behind: str, depth: int) -> str:
        """Read steps that follow one another; return the ID of the first of them."""
        if not isinstance(document, list):
            raise ConditionError(_("Here belongs a list of steps."), path)
        if depth > DEEPEST:
            raise ConditionError(
                _("Branches are nested deeper than %s levels.") % DEEPEST, path
            )
        entries = [Entry(value, f"{path}[{at}]") for at, value in enumerate(document)]
        ids = [self._read_id(entry) for entry in entries]
        following = [*ids[1:], behind]
        for entry, own, after in zip(entries, ids, following, strict=False):
            self._read_one(entry, own, after, depth)
        return ids[0] if ids else behind

    def _read_id(self, entry: Entry) -> str:
        own = entry.text("id")
        if len(own) > LONGEST_ID:
            raise entry.refuse("id", _("The ID of a step has up to 40 characters."))
        if own in self._ids:
            raise entry.refuse("id", _("Two steps have the ID “%s”.") % own)
        if len(self._ids) >= MOST_STEPS:
            raise ConditionError(
                _("A workflow has up to %s steps.") % MOST_STEPS, entry.path
            )
        self._ids.add(own)
        return own

    def _read_one(self, entry: Entry, own: str, after: str, depth: int) -> None:
        kind = self._kind(entry)
        ways = WAYS if issubclass(kind, Branch) else ()
        entry.insist_on_keys(("id", "type", "parameters", *ways))
        parameters = Entry(entry.values.get("parameters", {}), entry.at("parameters"))
        parameters.insist_on_keys(kind.keys)
        step = kind.read(own, parameters, self.catalogue)
        if self.is_saved and (missing := step.missing()):
            raise parameters.refuse(*missing)
        place = Place(step, len(self.places), after)
        self.places[own] = place
        if isinstance(step, Branch):
            yes, no = (self._read_way(entry, way, after, depth) for way in WAYS)
            self.places[own] = replace(place, step=replace(step, yes=yes, no=no))

    def _kind(self, entry: Entry) -> type[Step]:
        if (known := NOT_YET.get(entry.text("type"))) is not None:
            _title, _icon, reason = known
            raise entry.refuse("type", str(reason))
        return STEPS[entry.choice("type", STEPS)]

    def _read_way(self, entry: Entry, way: str, after: str, depth: int) -> str:
        steps = entry.values.get(way, [])
        return self.read_list(steps, entry.at(way), behind=after, depth=depth + 1)
