"""What the demo's staff made: templates, segments and automations."""

from pathlib import Path

from marketing_os.packs.content import Group, Letter, Plan
from segments.models import Segment

_FOLDER = Path(__file__).parent / "templates"


def _letter(name: str, file: str, subject: str, preheader: str) -> Letter:
    message = (_FOLDER / file).read_text(encoding="utf-8")
    return Letter(name, subject, preheader, message, from_name="Next Campus")


WELCOME = _letter(
    "Welcome to Next Campus",
    "welcome.mjml",
    "{{ customer.first_name|default('Hello') }}, welcome to Next Campus",
    "What happens next, and who answers your questions.",
)
OFFER = _letter(
    "Your place is waiting",
    "offer.mjml",
    "Your place in {{ customer.course|default('our course') }} is waiting",
    "Your place is kept for you; here is how to take it.",
)
OPEN_DAY = _letter(
    "Open day invitation",
    "open_day.mjml",
    "Come and see {{ customer.course|default('our courses') }} on Saturday",
    "One Saturday, every course, and coffee.",
)
QUIET = _letter(
    "Still thinking it over",
    "quiet.mjml",
    "Still thinking it over, {{ customer.first_name|default('perhaps') }}?",
    "Three answers that may help you decide.",
)
LETTERS = (WELCOME, OFFER, OPEN_DAY, QUIET)

# Where there are other customers beside the leads, they stay out.
_LEADS = "lead_source"

NEW_LEADS = Group(
    "New leads of the last week",
    "Who asked us for the first time within seven days.",
    Segment.Type.FUNCTION,
    function="newest_customers",
    parameters={"days": 7, "attribute": _LEADS},
)
QUIET_LEADS = Group(
    "Quiet for two months",
    "No visit, form, payment or class for sixty days.",
    Segment.Type.FUNCTION,
    function="customers_without_activity",
    parameters={"days": 60, "attribute": _LEADS},
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
