"""Open Circle: members of circles that meet online, and their workflows."""

from marketing_os.packs.membership_group import content, messages
from marketing_os.packs.membership_group.files import ATTRIBUTES, history
from marketing_os.packs.pack import Pack

PACK = Pack(
    name="membership-group",
    prefix="MG",
    attributes=ATTRIBUTES,
    history=history,
    messages=(*messages.LETTERS, *messages.NOTICES),
    groups=content.GROUPS,
    journeys=content.JOURNEYS,
)
