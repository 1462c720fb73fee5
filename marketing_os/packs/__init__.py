"""Ready-made systems: made-up customers, templates, segments and automations.

A pack is a module with a function `load(say, with_people)` that adds what is missing of
it, and nothing twice; name it here.
"""

from collections.abc import Callable

from django.utils.module_loading import import_string

from marketing_os.lib.errors import DomainError

PACKS = {
    "next_campus": "marketing_os.packs.next_campus.load.load",
    "membership_group": "marketing_os.packs.membership_group.load.load",
    "training_club": "marketing_os.packs.training_club.load.load",
}


def load_pack(
    name: str, say: Callable[[str], None], *, with_people: bool = True
) -> None:
    """Load the pack called `name`, or only what its staff made and not its people.

    Raises DomainError where there is no such pack.
    """
    if name not in PACKS:
        raise DomainError(
            f"There is no pack called “{name}”. There is: {', '.join(PACKS)}."
        )
    import_string(PACKS[name])(say, with_people=with_people)
