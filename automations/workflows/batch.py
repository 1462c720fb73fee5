"""Members at one step together, and what the step decided about each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from automations.models import Workflow, WorkflowVersion


@dataclass(slots=True)
class Member:
    """One enrolment that a worker holds."""

    enrolment_id: int
    customer_id: int
    step_id: str
    attempts: int
    context: dict[str, Any]
    due_at: datetime
    # It came to this step before and was told to wait; for an activity that did not
    # come, its name.
    has_waited: bool = False
    missed: str = ""


@dataclass(frozen=True)
class Setting:
    """What the steps of a version may need to know besides the members."""

    version: WorkflowVersion
    now: datetime

    @property
    def workflow(self) -> Workflow:
        return self.version.workflow


@dataclass
class Batch:
    """The members at one step, and what became of them there.

    Who is in none of the dictionaries went through well and goes on to the next step.
    All are by enrolment.
    """

    setting: Setting
    step_id: str
    members: Sequence[Member]
    # A sentence each: not carried out, and trying again would not help.
    failures: dict[int, str] = field(default_factory=dict)
    # A sentence each: not carried out now, but it may be the next time.
    hindrances: dict[int, str] = field(default_factory=dict)
    details: dict[int, str] = field(default_factory=dict)
    # The step to go on with, where it is not simply the next one.
    ways: dict[int, str] = field(default_factory=dict)
    # Why the member leaves here.
    exits: dict[int, str] = field(default_factory=dict)
    # When to go on, and by which activity sooner.
    waits: dict[int, datetime] = field(default_factory=dict)
    waits_for: str = ""
    # IDs of what was made: {"task": {enrolment: id}}.
    made: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def customer_ids(self) -> list[int]:
        return sorted({member.customer_id for member in self.members})

    @property
    def enrolment_ids(self) -> list[int]:
        return [member.enrolment_id for member in self.members]

    def fail(self, members: Iterable[Member], sentence: str) -> None:
        self.failures |= {member.enrolment_id: sentence for member in members}

    def hinder(self, members: Iterable[Member], sentence: str) -> None:
        self.hindrances |= {member.enrolment_id: sentence for member in members}

    def note(self, members: Iterable[Member], sentence: str) -> None:
        self.details |= {member.enrolment_id: sentence for member in members}

    def part(self, members: Sequence[Member]) -> "Batch":
        """Return a fresh batch of some of these members."""
        return Batch(self.setting, self.step_id, members)

    def key_of(self, member: Member) -> str:
        """Name what this step makes for this member, so that it is made once."""
        return f"workflow:{member.enrolment_id}:{self.step_id}"
