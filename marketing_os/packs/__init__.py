"""Ready-made systems: made-up customers, templates, segments and automations.

A pack is a folder whose `pack.py` declares a `Pack`; name it here.
"""

from collections.abc import Callable

from django.utils.module_loading import import_string

from marketing_os.lib.errors import DomainError

PACKS = ("next_campus", "membership_group", "training_club", "retail_portal")
ALL = "all"


def load_pack(
    name: str, say: Callable[[str], None], *, with_people: bool = True
) -> None:
    """Load the pack called `name`, or all; or only what staff made and not the people.

    What is there already stays as it is. Raises DomainError where there is no such
    pack.
    """
    if name not in (*PACKS, ALL):
        raise DomainError(
            f"There is no pack called “{name}”. There is: {', '.join((*PACKS, ALL))}."
        )
    load = import_string("marketing_os.packs.loading.load")
    packs = [
        import_string(f"marketing_os.packs.{one}.pack.PACK")
        for one in (PACKS if name == ALL else (name,))
    ]
    load(packs, say, with_people=with_people)
