"""What the demo's staff made: templates, segments and automations."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from messaging.models import MessageTemplate
from segments.models import Segment

_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Letter:
    """A message template, whose MJML lies in a file beside."""

    name: str
    file: str
    subject: str
    preheader: str

    def as_template(self) -> MessageTemplate:
        return MessageTemplate(
            name=self.name,
            subject=self.subject,
            preheader=self.preheader,
            message=(_FOLDER / self.file).read_text(encoding="utf-8"),
            from_name="Next Campus",
        )


@dataclass(frozen=True)
class Group:
    """A segment; `tag` names whom a manual one lists at the beginning."""

    name: str
    description: str
    type: str
    sql: str = ""
    function: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    tag: str = ""

    def as_segment(self) -> Segment:
        return Segment(
            name=self.name,
            description=self.description,
            type=self.type,
            selection_sql=self.sql,
            handler_function=self.function,
            handler_parameters=self.parameters,
            conditions=self.conditions,
        )


WELCOME = Letter(
    "Welcome to Next Campus",
    "welcome.mjml",
    "{{ customer.first_name|default('Hello') }}, welcome to Next Campus",
    "What happens next, and who answers your questions.",
)
OFFER = Letter(
    "Your place is waiting",
    "offer.mjml",
    "Your place in {{ customer.course|default('our course') }} is waiting",
    "Your place is kept for you; here is how to take it.",
)
OPEN_DAY = Letter(
    "Open day invitation",
    "open_day.mjml",
    "Come and see {{ customer.course|default('our courses') }} on Saturday",
    "One Saturday, every course, and coffee.",
)
QUIET = Letter(
    "Still thinking it over",
    "quiet.mjml",
    "Still thinking it over, {{ customer.first_name|default('perhaps') }}?",
    "Three answers that may help you decide.",
)
LETTERS = (WELCOME, OFFER, OPEN_DAY, QUIET)

NEW_LEADS = Group(
    "New leads of the last week",
    "Who asked us for the first time within seven days.",
    Segment.Type.FUNCTION,
    function="newest_customers",
    parameters={"days": 7},
)
QUIET_LEADS = Group(
    "Quiet for two months",
    "No visit, form, payment or class for sixty days.",
    Segment.Type.FUNCTION,
    function="customers_without_activity",
    parameters={"days": 60},
)
OPEN_OFFERS = Group(
    "Offers without an answer",
    "Whose last move in sales was to an offer.",
    Segment.Type.SQL,
    sql="""\
SELECT customer_id
FROM (
    SELECT DISTINCT ON (customer_id) customer_id, to_stage
    FROM funnel_events
    WHERE funnel_type = 'sales'
    ORDER BY customer_id, created_date DESC, id DESC
) AS latest
WHERE to_stage = 'offer'
""",
)
PROMISING = Group(
    "Promising, but no application",
    "A lead score of 50 or more, talked to, and not applied yet.",
    Segment.Type.SQL,
    sql="""\
SELECT score.customer_id
FROM customer_attributes AS score
WHERE score.field_name = 'lead_score'
  AND score.field_value >= '50'
  AND EXISTS (
      SELECT FROM funnel_events AS move
      WHERE move.customer_id = score.customer_id AND move.to_stage = 'contacted')
  AND NOT EXISTS (
      SELECT FROM funnel_events AS move
      WHERE move.customer_id = score.customer_id AND move.to_stage = 'application')
""",
)
UNDECIDED = Group(
    "Thinking it over",
    "Talked to at least two weeks ago, still looking around, and never met in person.",
    Segment.Type.CONDITIONS,
    conditions={
        "version": 1,
        "all": [
            {
                "type": "stage",
                "funnel": "sales",
                "operator": "in",
                "stages": ["contacted"],
                "days_at_least": 14,
            },
            {
                "type": "activity",
                "name": "page visit",
                "operator": "at_least",
                "value": 2,
                "window": {"operator": "last_days", "value": 120},
            },
            {"not": {"type": "tag", "operator": "has", "tags": ["met in person"]}},
        ],
    },
)
GUESTS = Group(
    "Guests of the open day",
    "Who came to see us; the list is kept by hand.",
    Segment.Type.MANUAL,
    tag="met in person",
)
GROUPS = (NEW_LEADS, OPEN_OFFERS, PROMISING, UNDECIDED, QUIET_LEADS, GUESTS)


@dataclass(frozen=True)
class Plan:
    """An automation of the demo; it waits for somebody to switch it on."""

    name: str
    group: Group
    letter: Letter
    cron: str
    timezone: str
    again_after_days: int | None = None


PLANS = (
    Plan("Welcome new leads", NEW_LEADS, WELCOME, "0 9 * * *", "Europe/London"),
    Plan(
        "Remind of open offers",
        OPEN_OFFERS,
        OFFER,
        "30 10 * * mon,thu",
        "Europe/London",
        again_after_days=14,
    ),
    Plan(
        "Answer who is thinking it over",
        UNDECIDED,
        QUIET,
        "0 17 * * tue",
        "Europe/London",
        again_after_days=60,
    ),
)
