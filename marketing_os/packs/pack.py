"""What a pack declares; `loading` puts it into the database."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from marketing_os.packs.content import Attribute, Group, Journey, Message, Plan, Texts
from marketing_os.packs.sheets import File
from marketing_os.packs.visits import Visit, Written


@dataclass(frozen=True)
class History:
    """What a pack's people did until a moment.

    The files are imported in their order; visits with devices, and what was written on
    the public page, come after them.
    """

    files: Iterable[File]
    visits: Iterable[Visit] = ()
    messages: Iterable[Written] = ()


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A whole system: its made-up people, and what its staff made.

    `prefix` begins the IDs of its people, `history` makes up what they did until a
    moment, `staff` who they are looked after by.
    """

    name: str
    prefix: str
    attributes: Sequence[Attribute]
    history: Callable[[datetime], History]
    messages: Sequence[Message]
    groups: Sequence[Group]
    plans: Sequence[Plan] = ()
    journeys: Sequence[Journey] = ()
    staff: Callable[[], Iterable[User]] = tuple
    texts: Texts | None = None
