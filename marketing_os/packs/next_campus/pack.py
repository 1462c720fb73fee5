"""Next Campus: leads of a school, and what its staff made for them."""

from datetime import datetime
from random import Random

from marketing_os.packs.content import Attribute
from marketing_os.packs.lives import Life
from marketing_os.packs.next_campus import content
from marketing_os.packs.next_campus.leads import SEED, make_leads
from marketing_os.packs.pack import History, Pack
from marketing_os.packs.sheets import EVENTS, TAGS, activities, customers
from marketing_os.packs.visits import Visit, strangers, visits_at

_TYPES = {
    "course": "string",
    "study_level": "string",
    "study_mode": "string",
    "country": "string",
    "city": "string",
    "lead_source": "string",
    "lost_reason": "string",
    "budget": "numeric",
    "lead_score": "numeric",
    "birth_date": "date",
    "intake_date": "date",
    "last_contacted": "timestamp",
    "newsletter": "boolean",
    "scholarship": "boolean",
    "interests": "array",
}
_PROPERTIES = {
    "path": "string",
    "seconds": "numeric",
    "form": "string",
    "course": "string",
    "webinar": "string",
    "minutes": "numeric",
    "for": "string",
    "instalment": "numeric",
}
ATTRIBUTES = tuple(Attribute(name, kind) for name, kind in _TYPES.items())


def history(now: datetime) -> History:
    """Make up the leads with what they did until `now`."""
    leads = list(make_leads(now))
    sheets = (customers(ATTRIBUTES), EVENTS, activities(_PROPERTIES), TAGS)
    return History(
        [sheet.file_of(leads) for sheet in sheets],
        visits=[
            *(visit for lead in leads for visit in _visits(lead)),
            *strangers(Random(SEED), 500, now, 365),
        ],
    )


def _visits(lead: Life) -> list[Visit]:
    """Draw the devices of those who let them be noted as they looked around."""
    rng = Random(f"{SEED}:device:{lead.person.key}")
    pages = [one.at for _, one in lead.doings if one.name == "page visit"]
    return visits_at(rng, lead.person.key, pages) if rng.random() < 0.3 else []


PACK = Pack(
    name="next-campus",
    prefix="NC",
    attributes=ATTRIBUTES,
    history=history,
    messages=content.LETTERS,
    groups=content.GROUPS,
    plans=content.PLANS,
)
