from datetime import UTC, datetime, timedelta

import pytest

from marketing_os.packs.membership_group.files import files_of
from marketing_os.packs.membership_group.members import COUNT, make_members

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def members():
    return list(make_members(NOW))


def test_the_same_moment_gives_the_same_members(members):
    assert list(make_members(NOW)) == members
    assert len(members) == COUNT
    assert members[0].person.came_at == NOW - timedelta(days=548)


def test_nobody_attends_or_converts_after_the_moment_they_are_made_for(members):
    times = [at for one in members for at in one.way.attended]
    times += [at for one in members for at in one.way.conversions.values()]
    booked = [place.booked_at for one in members for place in one.way.places]

    assert max(times) <= NOW
    assert max(booked) <= NOW
    assert any(place.at > NOW for one in members for place in one.way.places)


def test_who_converts_did_what_the_conversion_says(members):
    for one in members:
        made, paid = one.way.conversions, one.way.payments
        free = [p.at for p in one.way.places if p.attended and not p.circle.is_paid]
        assert made.get("attend_first_session") == (free[0] if free else None)
        assert ("upgrade" in made) == bool(paid)
        assert "attend_first_session" in made or "upgrade" not in made


def test_some_stay_long_enough_to_lead_and_most_do_not(members):
    many = [one for one in members if len(one.way.attended) > 50]
    leaders = [one for one in members if one.attributes["qualified_for_leader"]]

    assert 10 < len(many) < 100
    assert 5 < len(leaders) < len(many)
    assert all(one.attributes["paying_member"] for one in leaders)


def test_names_fit_genders_and_addresses_lie_under_example_org(members):
    women = {
        one.person.first_name for one in members if one.attributes["gender"] == "female"
    }
    men = {
        one.person.first_name for one in members if one.attributes["gender"] == "male"
    }

    assert {"Emily", "Priya", "Amelia"} <= women - men
    assert {"Jacob", "Rohan", "George"} <= men - women
    assert all(one.person.email.endswith("@circle.example.org") for one in members)


def test_each_booking_is_of_a_session_that_there_is(members):
    files = {target: file.getvalue() for target, file, _ in files_of(members, NOW)}
    sessions = {line.rpartition(b",")[2] for line in files["sessions"].splitlines()}

    booked = {line.split(b",")[1] for line in files["bookings"].splitlines()[1:]}

    assert booked <= sessions
