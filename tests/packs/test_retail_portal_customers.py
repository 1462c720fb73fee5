from collections import Counter
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest

from customers.user_agents import device_type_of, is_program
from marketing_os.packs.retail_portal.customers import (
    COUNT,
    make_customers,
    make_strangers,
)
from marketing_os.packs.visits import MODELS

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def customers():
    return list(make_customers(NOW))


def purchases(customer):
    return [one for _, one in customer.doings if one.name == "purchase"]


def test_the_same_moment_gives_the_same_customers(customers):
    assert list(make_customers(NOW, count=200)) == list(make_customers(NOW, count=200))
    assert len(customers) == COUNT
    assert customers[0].person.came_at == NOW - timedelta(days=548)


def test_nothing_happens_after_the_moment_they_are_made_for(customers):
    times = [at for one in customers for at in moments_of(one)]
    times += [one.at for one in make_strangers(NOW)]

    assert max(times) <= NOW
    assert max(times) > NOW - timedelta(days=2)


def moments_of(customer):
    happened = [*customer.moves, *customer.doings]
    left = [*customer.visits, *customer.written]
    return [one.at for _, one in happened] + [one.at for one in left]


def test_a_later_moment_keeps_the_numbers_of_what_happened(customers):
    for one in customers:
        assert [end for end, _ in one.doings] == [
            f"a{number}" for number in range(1, len(one.doings) + 1)
        ]


def test_addresses_are_under_example_org_and_numbers_well_formed(customers):
    people = [one.person for one in customers]
    addresses = [one.email for one in people if one.email]
    addresses += [one.email for one in make_strangers(NOW)]
    numbers = {one.mobile for one in people if one.mobile}

    assert all(one.endswith("shelf.example.org") for one in addresses)
    assert len(set(addresses)) == len(addresses) > 0.8 * COUNT
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(one)) for one in numbers)


def test_some_buy_nothing_some_once_and_some_often(customers):
    counts = Counter(len(purchases(one)) for one in customers)

    assert counts[0] > 100
    assert counts[1] > 400
    assert sum(counts[number] for number in counts if number >= 10) > 150


def test_regulars_leave_and_others_buy_on(customers):
    last = [purchases(one)[-1].at for one in customers if len(purchases(one)) >= 5]

    assert sum(at < NOW - timedelta(days=60) for at in last) > 100
    assert sum(at > NOW - timedelta(days=30) for at in last) > 100


def test_december_is_fuller_than_february_and_spring_is_for_the_garden(customers):
    bought = [one for customer in customers for one in purchases(customer)]
    months = Counter((one.at.year, one.at.month) for one in bought)
    garden = Counter(
        one.at.month for one in bought if one.properties["range"] == "garden"
    )

    assert months[2025, 12] > 1.5 * months[2026, 2]
    assert garden[5] > 2 * garden[1]


def test_who_buys_presents_only_buys_before_the_holidays(customers):
    giving = [one for one in customers if "gift buyer" in one.tags]

    # Weeks begun in December end in January.
    months = {bought.at.month for one in giving for bought in purchases(one)}
    assert months == {1, 11, 12}


def test_the_device_of_a_customer_is_that_of_the_newest_visit(customers):
    words = {"phone": "Mobile", "tablet": "Tablet", "desktop": "Desktop"}
    seen = [one for one in customers if one.visits]

    assert {one.attributes["device"] for one in seen} == set(words.values())
    for one in seen:
        newest = max(one.visits, key=lambda visit: visit.at)
        assert one.attributes["device"] == words[newest.gadget.model.type]


def test_the_user_agents_are_those_of_such_devices():
    for model in MODELS:
        assert device_type_of(model.agent) == model.type
        assert not is_program(model.agent)
