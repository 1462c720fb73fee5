from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from automations.workflows.batch import Batch
from automations.workflows.fields import Field, keys_of
from segments.conditions import Catalogue, Tree, read_document
from segments.conditions.entry import Entry
from segments.errors import ConditionError

# Every kind by its name in a document; the classes enter themselves.
STEPS: "dict[str, type[Step]]" = {}
# What cannot be chosen: its title, icon, and why not.
NOT_YET: dict[str, tuple[Promise, str, Promise]] = {
    "send_sms": (
        gettext_lazy("Send an SMS"),
        "sms",
        gettext_lazy(
            "SMS cannot be sent yet: no provider of text messages is connected."
        ),
    ),
    "send_whatsapp": (
        gettext_lazy("Send a WhatsApp message"),
        "chat",
        gettext_lazy(
            "WhatsApp cannot be sent yet: no provider of its messages is connected."
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that a workflow does; each kind is a class of its own.

    `icon` is a name of Material Symbols.
    """

    type: ClassVar[str]
    title: ClassVar[str | Promise]
    icon: ClassVar[str] = "bolt"
    # What a person fills in for it, in the order of the form.
    fields: ClassVar[tuple[Field, ...]] = ()
    # The names of its parameters; those of its fields.
    keys: ClassVar[tuple[str, ...]] = ()

    id: str

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "type"):
            return  # what several kinds have in common
        STEPS[cls.type] = cls
        cls.keys = keys_of(cls.fields)

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        """Make the step of its parameters; raises ConditionError for a fault in them."""
        raise NotImplementedError

    def missing(self) -> tuple[str, str] | None:
        """Return the parameter that names what is not there, and a sentence about it.

        Asked of a person who saves the step; people on their way are not stopped by it.
        """
        return None

    def hindrance(self) -> tuple[str, str] | None:
        """Return what keeps the step from being carried out just now, in the same way.

        Told before a workflow is enabled; what is `missing` is told already.
        """
        return None

    def run(self, batch: Batch) -> None:
        """Carry the step out for all members of the batch, inside a transaction."""
        raise NotImplementedError

    def words(self) -> str:
        """Say what the step does: “Add the tag “at risk””."""
        raise NotImplementedError


def read_conditions(entry: Entry, key: str, catalogue: Catalogue) -> Tree:
    """Read the conditions that stand in an object; faults name their whole path."""
    try:
        return read_document(entry.values.get(key), catalogue)
    except ConditionError as error:
        path = f"{entry.at(key)}.{error.path}" if error.path else entry.at(key)
        raise ConditionError(str(error), path) from None
