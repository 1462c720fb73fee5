from collections import Counter
from datetime import UTC, date, datetime, timedelta

import phonenumbers
import pytest

from marketing_os.packs.training_club.catalogue import TRAINERS
from marketing_os.packs.training_club.members import COUNT, make_members

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def members():
    return list(make_members(NOW))


def having(members, status):
    return [one for one in members if one.attributes["membership_status"] == status]


def classes(member):
    return [doing.at for _, doing in member.doings if doing.name == "class_attended"]


def test_the_same_moment_gives_the_same_members(members):
    assert list(make_members(NOW, count=200)) == list(make_members(NOW, count=200))
    assert len(members) == COUNT
    assert members[0].person.came_at == NOW - timedelta(days=548)


def test_nothing_happens_after_the_moment_they_are_made_for(members):
    times = [move.at for one in members for _, move in one.moves]
    times += [doing.at for one in members for _, doing in one.doings]

    assert max(times) <= NOW
    assert max(one.person.came_at for one in members) <= NOW


def test_addresses_are_under_example_org_and_numbers_well_formed(members):
    addresses = [one.person.email for one in members if one.person.email]
    numbers = {one.person.mobile for one in members if one.person.mobile}

    assert all(one.endswith(".example.org") and one.isascii() for one in addresses)
    assert len(set(addresses)) == len(addresses) > 0.9 * COUNT
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(one)) for one in numbers)


def test_some_leave_and_some_only_tried(members):
    shares = Counter(one.attributes["membership_status"] for one in members)

    assert shares["active"] > 1000
    assert shares["cancelled"] + shares["expired"] > 500
    assert 200 < shares["trial"] < 500
    assert not any(one.doings for one in having(members, "trial"))


def test_january_is_fuller_than_july(members):
    months = Counter((at.year, at.month) for one in members for at in classes(one))

    assert months[2026, 1] > 1.2 * months[2026, 7]


def test_memberships_of_active_members_end_in_the_future_and_others_did_end(members):
    today = date(2026, 11, 21)

    ends = [
        one.attributes["membership_expiry_date"] for one in having(members, "active")
    ]
    ended = [
        one.attributes["membership_expiry_date"] for one in having(members, "cancelled")
    ]

    assert min(ends) > today - timedelta(days=1)
    assert max(ended) <= today
    assert sum(one <= today + timedelta(days=30) for one in ends) > 100


def test_some_active_members_stay_away_and_some_come_often(members):
    last = [max(classes(one), default=None) for one in having(members, "active")]
    counts = [len(classes(one)) for one in having(members, "active")]

    assert 80 < sum(at is None or at < NOW - timedelta(days=30) for at in last) < 600
    assert sum(count >= 100 for count in counts) > 50
    assert sum(count < 10 for count in counts) > 50


def test_every_member_has_a_trainer_of_the_club(members):
    named = {one.attributes.get("primary_trainer") for one in having(members, "active")}

    assert named == {trainer.username for trainer in TRAINERS}
