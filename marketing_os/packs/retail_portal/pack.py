"""Everyday Shelf: a shop whose customers each find a page of their own."""

from datetime import datetime
from random import Random

from django.conf import settings

from marketing_os.packs.content import Attribute
from marketing_os.packs.pack import History, Pack
from marketing_os.packs.retail_portal import content, messages
from marketing_os.packs.retail_portal.customers import (
    SEED,
    make_customers,
    make_strangers,
)
from marketing_os.packs.sheets import CREDITS, EVENTS, TAGS, activities, customers
from marketing_os.packs.visits import strangers

_DEVICE = settings.DEVICE_ATTRIBUTE
ATTRIBUTES = (
    Attribute("shops_at", "string", "Shops"),
    Attribute("favourite_range", "string", "Buys most of"),
    Attribute("customer_card", "boolean", "Customer card"),
    Attribute("country", "string", "Country"),
    Attribute("city", "string", "City"),
    *((Attribute(_DEVICE, "string", "Device"),) if _DEVICE else ()),
)
_PROPERTIES = {
    "range": "string",
    "item": "string",
    "items": "numeric",
    "where": "string",
    "message": "string",
    "is_signed": "boolean",
}
_STRANGERS, _DAYS = 900, 365


def history(now: datetime) -> History:
    """Make up the customers with what they did until `now`, and some strangers."""
    people = list(make_customers(now))
    sheets = (customers(ATTRIBUTES), EVENTS, activities(_PROPERTIES), TAGS, CREDITS)
    return History(
        [sheet.file_of(people) for sheet in sheets],
        visits=[
            *(visit for one in people for visit in one.visits),
            *strangers(Random(SEED), _STRANGERS, now, _DAYS),
        ],
        messages=[
            *(written for one in people for written in one.written),
            *make_strangers(now),
        ],
    )


PACK = Pack(
    name="retail-portal",
    prefix="RP",
    attributes=ATTRIBUTES,
    history=history,
    messages=(*messages.LETTERS, *messages.NOTICES),
    groups=content.GROUPS,
    plans=content.PLANS,
    journeys=content.JOURNEYS,
    texts=content.TEXTS,
)
