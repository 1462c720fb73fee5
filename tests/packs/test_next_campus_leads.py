from collections import Counter
from datetime import UTC, date, datetime, timedelta

import phonenumbers
import pytest

from marketing_os.packs.next_campus.catalogue import next_intake
from marketing_os.packs.next_campus.leads import COUNT, make_leads

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def leads():
    return list(make_leads(NOW))


def test_the_same_moment_gives_the_same_leads(leads):
    assert list(make_leads(NOW)) == leads


def test_there_are_two_thousand_with_histories_of_18_months(leads):
    asked = [lead.person.came_at for lead in leads]

    assert len(leads) == COUNT
    assert min(asked) == asked[0] == NOW - timedelta(days=548)
    assert max(asked) > NOW - timedelta(days=3)
    assert len({lead.person.key for lead in leads}) == COUNT


def test_nothing_happens_after_the_moment_they_are_made_for(leads):
    times = [move.at for lead in leads for _, move in lead.moves]
    times += [doing.at for lead in leads for _, doing in lead.doings]

    assert max(times) <= NOW


def test_a_later_moment_keeps_the_numbers_of_what_happened(leads):
    earlier = list(make_leads(NOW, count=50))
    numbers = {number: move for lead in earlier[:1] for number, move in lead.moves}

    assert list(numbers) == [f"m{number}" for number in range(1, len(numbers) + 1)]


def test_addresses_are_under_example_org_and_some_are_missing_or_shared(leads):
    addresses = [lead.person.email for lead in leads]
    shared = [count for count in Counter(filter(None, addresses)).values() if count > 1]

    assert all(one.endswith("@example.org") for one in addresses if one)
    assert all(one.isascii() for one in addresses)
    assert 80 < addresses.count("") < 180
    assert 10 < len(shared) < 50


def test_mobile_numbers_are_well_formed(leads):
    numbers = [lead.person.mobile for lead in leads if lead.person.mobile]

    assert len(numbers) > 400
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(one)) for one in numbers)


def test_attributes_have_the_six_types(leads):
    attributes = leads[0].attributes | leads[1].attributes | leads[2].attributes

    assert isinstance(attributes["course"], str)
    assert isinstance(attributes["budget"], int)
    assert isinstance(attributes["intake_date"], date)
    assert isinstance(attributes["last_contacted"], datetime)
    assert isinstance(attributes["newsletter"], bool)
    assert isinstance(attributes["interests"], list)


def test_moves_follow_on_each_other(leads):
    for lead in leads:
        for funnel_type in ("sales", "service-delivery"):
            moves = [move for _, move in lead.moves if move.funnel_type == funnel_type]
            stages = ["", *(move.to_stage for move in moves)]
            assert [move.from_stage for move in moves] == stages[:-1]
            assert moves == sorted(moves, key=lambda move: move.at)


def test_who_is_referred_enrols_more_often_than_who_comes_from_social_media(leads):
    def rate(source):
        found = [one for one in leads if one.attributes["lead_source"] == source]
        enrolled = [
            one for one in found if any(m.to_stage == "enrolled" for _, m in one.moves)
        ]
        return len(enrolled) / len(found)

    assert rate("referral") > 1.5 * rate("social media")


def test_some_unsubscribed_and_none_of_them_takes_the_newsletter(leads):
    gone = [lead for lead in leads if lead.has_unsubscribed]

    assert 50 < len(gone) < 150
    assert not any(lead.attributes["newsletter"] for lead in gone)


def test_terms_begin_on_the_first_monday_of_an_intake_month():
    assert next_intake(date(2026, 11, 21)) == date(2027, 2, 1)
    assert next_intake(date(2026, 8, 30), weeks_of_notice=2) == date(2027, 2, 1)
    assert next_intake(date(2026, 8, 20), weeks_of_notice=2) == date(2026, 9, 7)
