"""Training Club: members of a fitness club, their trainers, and their workflows."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User

from marketing_os.packs.content import Attribute
from marketing_os.packs.pack import History, Pack
from marketing_os.packs.sheets import CREDITS, EVENTS, TAGS, activities, customers
from marketing_os.packs.training_club import content, messages
from marketing_os.packs.training_club.catalogue import TRAINERS
from marketing_os.packs.training_club.members import make_members

ATTRIBUTES = (
    Attribute(settings.MEMBERSHIP_LEVEL_ATTRIBUTE, "string", "Membership level"),
    Attribute(settings.MEMBERSHIP_STATUS_ATTRIBUTE, "string", "Membership status"),
    Attribute(settings.MEMBERSHIP_EXPIRY_ATTRIBUTE, "date", "Membership ends"),
    Attribute(settings.JOIN_DATE_ATTRIBUTE, "date", "Joined"),
    Attribute(settings.BIRTH_DATE_ATTRIBUTE, "date", "Born"),
    Attribute(settings.PRIMARY_TRAINER_ATTRIBUTE, "string", "Trainer (user name)"),
    Attribute("trainer_name", "string", "Trainer"),
    Attribute("membership_term", "string", "Term"),
    Attribute("monthly_price", "numeric", "Price a month"),
    Attribute("favourite_class", "string", "Favourite class"),
    Attribute("training_goal", "string", "Wants to"),
    Attribute("uses_app", "boolean", "Uses the app"),
)
_PROPERTIES = {
    "class": "string",
    "minutes": "numeric",
    "level": "string",
    "item": "string",
}


def history(now: datetime) -> History:
    """Make up the members with what they did until `now`."""
    members = list(make_members(now))
    sheets = (customers(ATTRIBUTES), EVENTS, activities(_PROPERTIES), TAGS, CREDITS)
    return History([sheet.file_of(members) for sheet in sheets])


def trainers() -> Iterable[User]:
    """Return the trainers as members of staff."""
    return (trainer.as_user() for trainer in TRAINERS)


PACK = Pack(
    name="training-club",
    prefix="TC",
    attributes=ATTRIBUTES,
    history=history,
    staff=trainers,
    messages=(*messages.LETTERS, *messages.NOTICES),
    groups=content.GROUPS,
    journeys=content.JOURNEYS,
)
