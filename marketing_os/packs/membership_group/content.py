"""What the group's staff made: segments, and workflows along a member's way."""

from django.conf import settings

from marketing_os.packs.content import Group, Journey, Letter
from marketing_os.packs.documents import (
    Document,
    attribute,
    did,
    mail,
    matches,
    notify,
    step,
    trigger,
)
from marketing_os.packs.membership_group import journeys
from marketing_os.packs.membership_group.messages import (
    FIRST_PAID_SESSION,
    FIRST_SESSION,
    LEADER,
    LEADER_NOTICE,
    SIGNUP,
    UPGRADE,
)


def _sessions(least: int, days: int = 0) -> Document:
    return did(settings.CLASS_ATTENDED_ACTIVITY, least=least, days=days)


_SIGNED_UP = attribute("username", "is_set")
_PAYS = attribute("paying_member", "is_true")
_IS_LEADER = attribute("qualified_for_leader", "is_true")
_ENOUGH = _sessions(settings.LEADER_AFTER_SESSIONS + 1)

GROUPS = (
    Group(
        "Circle: signed up, never came",
        "Who did not come to a session yet.",
        conditions=matches(_SIGNED_UP, {"not": _sessions(1)}),
    ),
    Group(
        "Circle: tried, not paying",
        "Who came to a session and is no paying member.",
        conditions=matches(_SIGNED_UP, {"not": _PAYS}, _sessions(1)),
    ),
    Group(
        "Circle: comes regularly",
        "Paying, and three sessions or more within thirty days.",
        conditions=matches(_PAYS, _sessions(3, days=30)),
    ),
    Group(
        "Circle: paying, not seen for three weeks",
        "Who still pays and stays away.",
        conditions=matches(_PAYS, {"not": _sessions(1, days=21)}),
    ),
    Group(
        "Circle: young members",
        "Under thirty.",
        conditions=matches(_SIGNED_UP, attribute("age", "less", 30)),
    ),
    Group(
        "Circle: could lead",
        "Paying, with more sessions than a leader needs, and not marked yet.",
        conditions=matches(_PAYS, _ENOUGH, {"not": _IS_LEADER}),
    ),
)


def _at_conversion(title: str, name: str, letter: Letter, description: str) -> Journey:
    """Write the workflow that sends the mail for a conversion."""
    return Journey(
        f"Circle: {title}",
        description,
        trigger("funnel_move", funnel_type="conversion", to_stage=name),
        [mail("mail", letter)],
        is_once=True,
    )


AT_CONVERSIONS = (
    _at_conversion(
        "signup",
        journeys.SIGNUP,
        SIGNUP,
        "A welcome that depends on the person: challenge, age, gender and device.",
    ),
    _at_conversion(
        "first session",
        journeys.FIRST_SESSION,
        FIRST_SESSION,
        "After the first, free session.",
    ),
    _at_conversion(
        "upgrade", journeys.UPGRADE, UPGRADE, "When somebody becomes a paying member."
    ),
    _at_conversion(
        "first paid session",
        journeys.FIRST_PAID_SESSION,
        FIRST_PAID_SESSION,
        "After the first session as a member.",
    ),
)
LEADERS = Journey(
    "Circle: new leaders",
    "Who pays and came often is marked as a leader, and asked.",
    trigger("conditions", conditions=matches(_PAYS, _ENOUGH, {"not": _IS_LEADER})),
    [
        step("set_attribute", "mark", attribute="qualified_for_leader", value=True),
        mail("mail", LEADER),
        notify("app", LEADER_NOTICE),
    ],
    context={"sessions": settings.LEADER_AFTER_SESSIONS},
    is_once=True,
)
JOURNEYS = (*AT_CONVERSIONS, LEADERS)
