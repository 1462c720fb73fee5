"""The workflows of the club, each from the day it is enabled to its last step."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from automations.models import Enrolment, Workflow
from automations.services.workflows import enable
from customers.models import CreditEntry, MemberOffer
from segments.models import CustomerScore, ScoreRefresh
from tests import make
from tests.packs.reached import mails, notes, tasks
from tests.workflows.make import run, state_of, tags_of

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")
TODAY = datetime(2026, 3, 2, 4, tzinfo=NEW_YORK)


@pytest.fixture(autouse=True)
def club():
    call_command("load_pack", "training_club", "--without-people")


@pytest.fixture
def trainer():
    return make.user(username="trainer-imogen")


def enabled(name, since=TODAY - timedelta(days=1)):
    return enable(Workflow.objects.get(name=f"Club: {name}"), now=since)


def member(**attributes):
    known = {
        "membership_level": "Standard",
        "membership_status": "active",
        "primary_trainer": "trainer-imogen",
        "trainer_name": "Imogen",
    }
    return make.customer(timezone=NEW_YORK.key, attributes=known | attributes)


def joined(days):
    return member(join_date=day(-days))


def day(days):
    return (TODAY.date() + timedelta(days=days)).isoformat()


def attend(who, *, at=TODAY, times=1):
    for number in range(times):
        make.activity(
            who, "class_attended", occurred_at=at - timedelta(hours=number + 1)
        )


def scored(who, risk, level=CustomerScore.Level.LOW):
    current = ScoreRefresh.objects.filter(is_current=True).first()
    refresh = current or ScoreRefresh.objects.create(is_current=True, as_of=TODAY)
    CustomerScore.objects.update_or_create(
        customer=who, defaults={"refresh": refresh, "risk": risk, "level": level}
    )


def test_who_comes_soon_gets_a_welcome_and_a_plan(trainer):
    enabled("welcome series")
    who = joined(1)

    run(TODAY)
    attend(who, at=TODAY + timedelta(days=2))
    for days in (5, 14, 15):
        run(TODAY + timedelta(days=days))

    assert mails(who) == ["welcome", "two weeks in"]
    assert notes(who) == [
        (
            "Welcome to the club",
            "Book your first class here. Your trainer is Imogen.",
        )
    ]
    assert (tasks(who), state_of(who)) == ([], "completed")


def test_who_does_not_come_is_helped_and_called(trainer):
    enabled("welcome series")
    who = joined(1)

    for days in (0, 4, 5, 13, 14):
        run(TODAY + timedelta(days=days))

    assert mails(who) == ["welcome", "first class"]
    assert tasks(who) == [
        (trainer.username, f"Call {who}, who has not been to a class yet", "medium")
    ]


def test_the_welcome_is_for_who_joined_yesterday():
    enabled("welcome series")
    others = joined(0), joined(2)

    run(TODAY)

    assert [mails(one) for one in others] == [[], []]


def test_who_did_nothing_for_thirty_days_gets_a_word_and_then_an_offer():
    enabled("win back")
    who = member()
    attend(who, at=TODAY - timedelta(days=31))

    run(TODAY)
    run(TODAY + timedelta(days=6))
    first = mails(who)
    run(TODAY + timedelta(days=7))

    assert first == ["we miss you"]
    assert mails(who) == ["we miss you", "come back"]
    offer = MemberOffer.objects.get(customer=who)
    assert (offer.offer_code, offer.expiry_date) == (
        "COMEBACK20",
        TODAY.date() + timedelta(days=37),
    )
    assert notes(who) == [
        ("A trainer session, a fifth less", "Your code is COMEBACK20, until 8 April.")
    ]
    assert "win back" in tags_of(who)


def test_who_comes_again_is_won_and_gets_no_offer():
    enabled("win back")
    who = member()
    attend(who, at=TODAY - timedelta(days=31))

    run(TODAY)
    attend(who, at=TODAY + timedelta(days=3))
    run(TODAY + timedelta(days=7))

    assert mails(who) == ["we miss you"]
    assert state_of(who) == "converted"
    assert not MemberOffer.objects.exists()


def test_who_is_likely_to_leave_is_called_by_their_trainer(trainer):
    enabled("risk rescue")
    likely, loyal = member(), member()
    scored(likely, 0.7)
    scored(loyal, 0.69)

    run(TODAY)

    assert tasks(likely) == [
        (trainer.username, f"Call {likely} before they leave", "high")
    ]
    assert MemberOffer.objects.get().offer_code == "STAY25"
    assert mails(likely) == ["from your trainer"]
    assert (mails(loyal), tasks(loyal), tags_of(loyal)) == ([], [], set())


def test_after_two_weeks_the_risk_decides_again(trainer):
    enabled("risk rescue")
    still, safe = member(), member()
    scored(still, 0.9)
    scored(safe, 0.8)

    run(TODAY)
    scored(safe, 0.2)
    run(TODAY + timedelta(days=14))

    assert tasks(still)[-1] == (trainer.username, f"Speak to {still} again", "medium")
    assert len(tasks(safe)) == 1
    assert (tags_of(still), tags_of(safe)) == ({"at risk"}, set())


def test_reminders_come_fourteen_and_three_days_before_the_end(trainer):
    for days in (14, 3):
        enabled(f"expiry reminder, {days} days before")
    who = member(membership_expiry_date=day(14), membership_term="yearly")
    seen = {}

    for days in range(15):
        run(TODAY + timedelta(days=days))
        seen[days] = mails(who)

    soon, now = "membership ends in two weeks", "membership ends in three days"
    assert [seen[days] for days in (0, 10, 11, 14)] == [
        [soon],
        [soon],
        [soon, now],
        [soon, now],
    ]
    assert notes(who) == [("Three days left", "Your membership ends 16 March.")]
    assert tasks(who) == [
        (trainer.username, f"Ask {who} about the next year", "medium")
    ]


@pytest.mark.parametrize(("classes", "credits"), [(10, 0), (50, 10), (100, 25)])
def test_a_milestone_is_celebrated_once(classes, credits, trainer):
    enabled(f"{classes} classes")
    who, almost = member(), member()
    attend(who, at=TODAY - timedelta(days=3), times=classes - 1)
    attend(almost, at=TODAY - timedelta(days=3), times=classes - 1)

    run(TODAY)
    attend(who, at=TODAY + timedelta(hours=9))
    run(TODAY + timedelta(days=1))
    attend(who, at=TODAY + timedelta(days=2))
    run(TODAY + timedelta(days=9))

    assert (mails(who), mails(almost)) == (["milestone"], [])
    [(title, message)] = notes(who)
    assert title == f"{classes} classes!"
    assert ("credits" in message) == bool(credits)
    assert [one.amount for one in CreditEntry.objects.all()] == [credits][
        : bool(credits)
    ]
    assert len(tasks(who)) == (classes == 100)
    assert tags_of(who) == {f"{classes} classes"}


def test_on_a_birthday_there_are_credits():
    enabled("birthday")
    who, other = member(birth_date="1990-03-02"), member(birth_date="1990-03-03")

    run(TODAY)

    entry = CreditEntry.objects.get()
    assert (entry.customer, entry.amount, entry.reason) == (who, 10, "Happy birthday")
    assert notes(who) == [("Happy birthday", "10 credits are in your account.")]
    assert (mails(who), mails(other)) == (["birthday"], [])


def test_who_is_no_member_of_the_club_stays_out():
    for name in ("win back", "birthday"):
        enabled(name)
    lead = make.customer(timezone=NEW_YORK.key, attributes={"birth_date": "1990-03-02"})
    gone = member(membership_status="cancelled", birth_date="1990-03-02")
    for one in (lead, gone):
        attend(one, at=TODAY - timedelta(days=60))

    run(TODAY)

    assert not Enrolment.objects.exists()
    assert not CreditEntry.objects.exists()
