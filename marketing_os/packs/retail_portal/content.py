"""What the shop's staff made: segments, automations, workflows, public texts."""

from typing import Any

from django.conf import settings

from marketing_os.packs.content import Group, Journey, Plan, Texts
from marketing_os.packs.documents import (
    Document,
    attribute,
    branch,
    did,
    mail,
    matches,
    notify,
    step,
    trigger,
)
from marketing_os.packs.retail_portal.customers import FUNNEL
from marketing_os.packs.retail_portal.messages import (
    BACK,
    DEVICE,
    FIRST_PURCHASE,
    IDEAS,
    OFFER_NOTICE,
    PAGE,
    QUIET,
    THANKS_NOTICE,
)
from segments.models import Standing

_TIMEZONE = "Europe/London"
_PURCHASE = "purchase"
# Where the company has other customers beside the shop's, they stay out.
_OF_THE_SHOP = attribute("shops_at", "is_set")


def _standing(standing: Standing) -> Document:
    return {
        "type": "classification",
        "operator": "is",
        "standing": str(standing.value),
    }


def _spent(least: int) -> Document:
    return did(_PURCHASE, least=least) | {"measure": "amount"}


def _classified(title: str, standing: Standing, description: str) -> Group:
    conditions = matches(_OF_THE_SHOP, _standing(standing))
    return Group(f"Shop: {title}", description, conditions=conditions)


HEALTHY = _classified("healthy", Standing.HEALTHY, "Who buys, or reads what we send.")
ON_THE_GO = Group(
    "Shop: on a phone or tablet",
    "Who came last with a device to hold in the hands.",
    conditions=matches(
        _OF_THE_SHOP,
        attribute(settings.DEVICE_ATTRIBUTE or "device", "in", ["Mobile", "Tablet"]),
    ),
)
GROUPS = (
    _classified("new", Standing.NEW, "No e-mail address is known yet."),
    _classified(
        "low engagement", Standing.LOW_ENGAGEMENT, "Few e-mails opened, few purchases."
    ),
    _classified(
        "churn risk",
        Standing.CHURN_RISK,
        "They spent much, and the last purchase was long ago.",
    ),
    HEALTHY,
    Group(
        "Shop: bought once",
        "One purchase, and none since.",
        conditions=matches(
            _OF_THE_SHOP,
            did(_PURCHASE, least=1),
            {"not": did(_PURCHASE, least=2)},
        ),
    ),
    Group(
        "Shop: regulars",
        "Three purchases or more within ninety days.",
        conditions=matches(_OF_THE_SHOP, did(_PURCHASE, least=3, days=90)),
    ),
    ON_THE_GO,
)
PLANS = (
    Plan(
        "Shop: ideas of the month",
        HEALTHY,
        IDEAS,
        "0 10 1 * *",
        _TIMEZONE,
        again_after_days=25,
    ),
    Plan("Shop: made for your screen", ON_THE_GO, DEVICE, "0 17 * * thu", _TIMEZONE),
)


def _journey(name: str, description: str, trigger: Document, **fields: Any) -> Journey:
    return Journey(
        name,
        description,
        trigger,
        timezone=_TIMEZONE,
        exit_conditions=matches({"not": _OF_THE_SHOP}),
        **fields,
    )


YOUR_PAGE = _journey(
    "Shop: your personal page",
    "Who registers gets the link to their own page.",
    trigger("funnel_move", funnel_type=FUNNEL, to_stage="registered"),
    is_once=True,
    steps=[mail("mail", PAGE)],
)
AFTER_THE_FIRST = _journey(
    "Shop: first purchase",
    "Thanks at once, and ideas after three weeks. The second purchase ends it.",
    trigger("activity_performed", name=_PURCHASE),
    is_once=True,
    goal=matches(did(_PURCHASE, least=2)),
    steps=[
        notify("thanks", THANKS_NOTICE),
        mail("mail", FIRST_PURCHASE),
        step("wait", "three-weeks", until="duration", amount=21, unit="days"),
        mail("ideas", IDEAS),
    ],
)
LOW_ENGAGEMENT = _journey(
    "Shop: low engagement",
    "Who neither reads nor buys is asked what they like. A purchase ends it.",
    trigger(
        "conditions",
        conditions=matches(_OF_THE_SHOP, _standing(Standing.LOW_ENGAGEMENT)),
    ),
    cooldown_days=180,
    goal=matches(did(_PURCHASE, least=1, days=14)),
    steps=[
        step("add_tag", "tag", tag="quiet"),
        mail("ask", QUIET),
        step("wait", "two-weeks", until="duration", amount=14, unit="days"),
        mail("ideas", IDEAS),
    ],
)
CHURN_RISK = _journey(
    "Shop: churn risk",
    "Who spent much and stays away gets a code; the best customers are called."
    " A purchase ends it.",
    trigger(
        "conditions", conditions=matches(_OF_THE_SHOP, _standing(Standing.CHURN_RISK))
    ),
    cooldown_days=120,
    goal=matches(did(_PURCHASE, least=1, days=14)),
    steps=[
        step("offer_discount", "offer", offer_code="BACK15", duration_days=30),
        mail("mail", BACK),
        notify("page", OFFER_NOTICE),
        step("wait", "order", until="activity", name=_PURCHASE, timeout_days=14),
        branch(
            "much",
            matches(_spent(400)),
            yes=[
                step(
                    "assign_task_to_staff",
                    "call",
                    description="Call {member}, who bought much and stays away",
                    assignee_rule="round_robin",
                    priority="high",
                )
            ],
        ),
    ],
)
JOURNEYS = (YOUR_PAGE, AFTER_THE_FIRST, LOW_ENGAGEMENT, CHURN_RISK)

TEXTS = Texts(
    neutral="Thank you, your message has arrived. We answer within a working day.",
    new="Welcome! We do not know each other yet. Leave us your e-mail address in the"
    " shop or with your first order, and this page becomes your own.",
    low_engagement="Hello {{ member_first_name|default('there') }}, we have not heard"
    " much of each other yet. Tell us what you like, and we write about nothing else.",
    churn_risk="Hello {{ member_first_name|default('there') }}, we miss you! Your last"
    " order was on {{ last_purchase|date('j F Y') }}. Is there something that we can do"
    " better?",
    healthy="Hello {{ member_first_name|default('there') }}, good to have you with us."
    "{% if purchases > 1 %} Thank you for your {{ purchases }} orders.{% endif %}",
)
