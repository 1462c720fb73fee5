"""What the club's staff made: segments, and workflows for their members."""

from typing import Any

from django.conf import settings

from marketing_os.packs.content import Group, Journey
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
from marketing_os.packs.training_club.catalogue import TIMEZONE
from marketing_os.packs.training_club.messages import (
    BIRTHDAY,
    BIRTHDAY_NOTICE,
    COME_BACK,
    EXPIRES_NOW,
    EXPIRES_SOON,
    EXPIRY_NOTICE,
    FIRST_CLASS,
    FROM_YOUR_TRAINER,
    MILESTONE,
    MILESTONE_NOTICE,
    MISS_YOU,
    OFFER_NOTICE,
    TWO_WEEKS,
    WELCOME,
    WELCOME_NOTICE,
)

_HIGH_RISK = {"type": "risk", "operator": "at_least", "value": 0.7}


def _classes(least: int, days: int = 0) -> Document:
    return did(settings.CLASS_ATTENDED_ACTIVITY, least=least, days=days)


_LEVEL = settings.MEMBERSHIP_LEVEL_ATTRIBUTE
_EXPIRY = settings.MEMBERSHIP_EXPIRY_ATTRIBUTE
_IS_ACTIVE = attribute(settings.MEMBERSHIP_STATUS_ATTRIBUTE, "equals", "active")
# Where the company has other customers beside the club's members, they stay out.
_NOT_OF_THE_CLUB = matches(attribute(_LEVEL, "is_not_set"))

GROUPS = (
    Group(
        "Club: active members",
        "Whose membership runs.",
        conditions=matches(_IS_ACTIVE, attribute(_LEVEL, "is_set")),
    ),
    Group(
        "Club: new this month",
        "Who joined within thirty days.",
        conditions=matches(
            _IS_ACTIVE, attribute(settings.JOIN_DATE_ATTRIBUTE, "last_days", 30)
        ),
    ),
    Group(
        "Club: regulars",
        "Eight classes or more within thirty days.",
        conditions=matches(_IS_ACTIVE, _classes(8, days=30)),
    ),
    Group(
        "Club: quiet for thirty days",
        "Members who neither came nor used the app.",
        conditions=matches(
            _IS_ACTIVE, attribute(_LEVEL, "is_set"), {"type": "inactive", "days": 30}
        ),
    ),
    Group(
        "Club: likely to leave",
        "Members with a retention risk of 0.7 or more.",
        conditions=matches(_IS_ACTIVE, attribute(_LEVEL, "is_set"), _HIGH_RISK),
    ),
    Group(
        "Club: ends within thirty days",
        "Members whose term ends soon.",
        conditions=matches(_IS_ACTIVE, attribute(_EXPIRY, "next_days", 30)),
    ),
    Group(
        "Club: almost fifty classes",
        "Who comes to the next milestone soon.",
        conditions=matches(_IS_ACTIVE, _classes(45), {"not": _classes(50)}),
    ),
    Group(
        "Club: tried, not joined",
        "Guests of a trial who are no members.",
        conditions=matches(
            attribute(settings.MEMBERSHIP_STATUS_ATTRIBUTE, "equals", "trial")
        ),
    ),
)


def _task(step_id: str, description: str, **parameters: Any) -> Document:
    return step("assign_task_to_staff", step_id, description=description, **parameters)


def _wait_for_class(step_id: str, days: int) -> Document:
    return step(
        "wait",
        step_id,
        until="activity",
        name=settings.CLASS_ATTENDED_ACTIVITY,
        timeout_days=days,
    )


def _journey(name: str, description: str, trigger: Document, **fields: Any) -> Journey:
    return Journey(
        name,
        description,
        trigger,
        timezone=TIMEZONE,
        exit_conditions=_NOT_OF_THE_CLUB,
        **fields,
    )


WELCOME_SERIES = _journey(
    "Club: welcome series",
    "The first two weeks: a welcome, a hand for who has not come yet, and a plan.",
    trigger("new_member_welcome", days_since_join=1),
    is_once=True,
    steps=[
        notify("app", WELCOME_NOTICE),
        mail("welcome", WELCOME),
        _wait_for_class("first-class", 5),
        branch("came", matches(_classes(1)), yes=[], no=[mail("intro", FIRST_CLASS)]),
        step("wait", "two-weeks", until="duration", amount=9, unit="days"),
        branch(
            "comes",
            matches(_classes(1)),
            yes=[mail("plan", TWO_WEEKS)],
            no=[_task("call", "Call {member}, who has not been to a class yet")],
        ),
    ],
)
WIN_BACK = _journey(
    "Club: win back",
    "Who did nothing for thirty days: a friendly word, then an offer. Coming to a"
    " class ends it.",
    trigger("low_engagement", inactive_days=30, min_activity_level="low"),
    cooldown_days=90,
    goal=matches(_classes(1, days=7)),
    steps=[
        step("add_tag", "tag", tag="win back"),
        mail("miss", MISS_YOU),
        _wait_for_class("class", 7),
        step("offer_discount", "offer", offer_code="COMEBACK20", duration_days=30),
        mail("offer-mail", COME_BACK),
        notify("app", OFFER_NOTICE),
    ],
)
RISK_RESCUE = _journey(
    "Club: risk rescue",
    "Who is likely to leave: the trainer calls, with an offer at hand.",
    trigger("high_retention_risk", risk_score_threshold=0.7),
    cooldown_days=60,
    steps=[
        step("add_tag", "tag", tag="at risk"),
        _task(
            "call",
            "Call {member} before they leave",
            assignee_rule="member_primary_trainer",
            due_date_offset_days=3,
            priority="high",
        ),
        step("offer_discount", "offer", offer_code="STAY25", duration_days=30),
        mail("mail", FROM_YOUR_TRAINER),
        step("wait", "two-weeks", until="duration", amount=14, unit="days"),
        branch(
            "still",
            matches(_HIGH_RISK),
            yes=[
                _task("again", "Speak to {member} again", assignee_rule="round_robin")
            ],
            no=[step("remove_tag", "untag", tag="at risk")],
        ),
    ],
)
EXPIRY_14 = _journey(
    "Club: expiry reminder, 14 days before",
    "Two weeks before the term ends.",
    trigger("membership_expiry_upcoming", days_before=14),
    steps=[mail("mail", EXPIRES_SOON)],
)
EXPIRY_3 = _journey(
    "Club: expiry reminder, 3 days before",
    "Three days before the term ends; for yearly members the trainer gets in touch.",
    trigger("membership_expiry_upcoming", days_before=3),
    steps=[
        mail("mail", EXPIRES_NOW),
        notify("app", EXPIRY_NOTICE),
        branch(
            "yearly",
            matches(attribute("membership_term", "equals", "yearly")),
            yes=[
                _task(
                    "talk",
                    "Ask {member} about the next year",
                    due_date_offset_days=1,
                )
            ],
        ),
    ],
)


def _milestone(classes: int, *, credits: int, then: list[Document]) -> Journey:
    presents = [step("grant_credits", "present", amount=credits)] if credits else []
    return _journey(
        f"Club: {classes} classes",
        f"The day after the class number {classes}.",
        trigger("milestone_achieved", type="classes_attended", value=classes),
        is_once=True,
        steps=[
            step("add_tag", "tag", tag=f"{classes} classes"),
            *presents,
            notify("app", MILESTONE_NOTICE),
            mail("mail", MILESTONE),
            *then,
        ],
    )


MILESTONES = (
    _milestone(10, credits=0, then=[]),
    _milestone(50, credits=10, then=[]),
    _milestone(
        100, credits=25, then=[_task("praise", "Congratulate {member} on 100 classes")]
    ),
)
BIRTHDAY_PRESENT = _journey(
    "Club: birthday",
    "Credits as a present on the day.",
    trigger("birthday"),
    cooldown_days=300,
    steps=[
        step("grant_credits", "present", amount=10, reason="Happy birthday"),
        notify("app", BIRTHDAY_NOTICE),
        mail("mail", BIRTHDAY),
    ],
)
JOURNEYS = (
    WELCOME_SERIES,
    WIN_BACK,
    RISK_RESCUE,
    EXPIRY_14,
    EXPIRY_3,
    *MILESTONES,
    BIRTHDAY_PRESENT,
)
