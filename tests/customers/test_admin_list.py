import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Consent, Customer, MemberTag
from tests import make

pytestmark = pytest.mark.django_db
LIST = reverse("admin:customers_customer_changelist")


def names(response):
    return sorted(row.first_name for row in response.context["cl"].result_list)


@pytest.mark.parametrize(
    "words",
    [
        "grace",
        "GRACE hop",
        "g.hopper@example.org",
        "+44 7700",
        "7700",
        "7927b2df-8bba-4d29-b9a2-b6e0beafd620",
        "7927b2df-8bba-4",
    ],
)
def test_words_find_customers_by_name_email_mobile_and_lead_id(admin_client, words):
    make.customer(
        first_name="Grace",
        last_name="Hopper",
        email="g.hopper@example.org",
        mobile="+44 7700 900",
        lms_lead_id="7927b2df-8bba-4d29-b9a2-b6e0beafd620",
    )
    make.customer(first_name="Alan", lms_lead_id="other")

    response = admin_client.get(LIST, {"q": words})

    assert names(response) == ["Grace"]


def test_a_range_of_days_includes_both_ends(admin_client):
    for day in (1, 2, 3, 4):
        moment = datetime.datetime(2026, 3, day, 23, 59, tzinfo=datetime.UTC)
        make.customer(first_name=f"Day {day}", created_date=moment)

    response = admin_client.get(
        LIST, {"created_from": "2026-03-02", "created_to": "2026-03-03"}
    )

    assert names(response) == ["Day 2", "Day 3"]


@pytest.mark.parametrize(("answer", "found"), [("yes", "With"), ("no", "Without")])
def test_customers_are_found_by_having_an_email(admin_client, answer, found):
    make.customer(first_name="With")
    make.customer(first_name="Without", email="")

    response = admin_client.get(LIST, {"has_email": answer})

    assert names(response) == [found]


def test_a_tag_finds_those_who_have_it(admin_client):
    MemberTag.objects.create(customer=make.customer(first_name="Tagged"), tag="vip")
    make.customer(first_name="Plain")

    response = admin_client.get(LIST, {"tag": "vip"})

    assert names(response) == ["Tagged"]
    assert '<option value="vip">' in response.content.decode()


def test_the_newest_consent_counts(admin_client):
    back, out, never = (make.customer(first_name=n) for n in ("Back", "Out", "Never"))
    for who, granted in ((back, False), (out, True), (back, True), (out, False)):
        Consent.objects.create(customer=who, granted=granted, source="test")

    found = {
        answer: names(admin_client.get(LIST, {"consent": answer}))
        for answer in ("yes", "no", "none")
    }

    assert found == {"yes": ["Back"], "no": ["Out"], "none": [never.first_name]}


def test_only_the_stage_of_the_newest_move_counts(admin_client):
    now = timezone.now()
    moved, stayed = make.customer(first_name="Moved"), make.customer(first_name="Stay")
    for who, stage, days in (
        (moved, "Won", 2),
        (moved, "Lost", 1),
        (stayed, "Won", 3),
        (stayed, "Lost", 9),
    ):
        make.funnel_event(who, stage, created_date=now - datetime.timedelta(days=days))

    response = admin_client.get(LIST, {"stage": "sales:Won"})

    assert names(response) == ["Stay"]
    assert b"Won" in response.content


def test_archived_and_erased_customers_are_shown_only_when_asked_for(admin_client):
    make.customer(first_name="Active")
    make.customer(first_name="Archived", archived_at=timezone.now())
    make.customer(first_name="Erased", erased_at=timezone.now())

    found = {
        state: names(admin_client.get(LIST, {"state": state}))
        for state in ("", "archived", "erased", "all")
    }

    assert found == {
        "": ["Active"],
        "archived": ["Archived"],
        "erased": ["Erased"],
        "all": ["Active", "Archived", "Erased"],
    }


def test_an_empty_list_says_what_to_do_next(admin_client):
    response = admin_client.get(LIST)

    assert "There are no customers yet." in response.content.decode()


def test_a_search_without_result_offers_to_clear_it(admin_client):
    make.customer()

    for words in ("nobody", "!!!"):
        response = admin_client.get(LIST, {"q": words})

        assert "Nothing matches this search." in response.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin_client, django_assert_max_num_queries
):
    for _ in range(30):
        make.funnel_event(make.customer())

    with django_assert_max_num_queries(17):
        response = admin_client.get(LIST)

    assert len(response.context["cl"].result_list) == 30


def test_more_rows_than_are_counted_are_told_as_about(admin_client, monkeypatch):
    Customer.objects.bulk_create(
        Customer(lms_lead_id=f"n-{number}") for number in range(120)
    )
    monkeypatch.setattr("marketing_os.lib.pagination.EXACT_UP_TO", 60)

    first = admin_client.get(LIST)
    last = admin_client.get(LIST, {"p": 3})
    beyond = admin_client.get(LIST, {"p": 9})

    assert "about " in first.content.decode()
    assert 'rel="next"' in first.content.decode()
    assert len(last.context["cl"].result_list) == 20
    assert 'rel="next"' not in last.content.decode()
    assert beyond.context["cl"].page_num == 1


def test_staff_without_permission_may_not_look(client):
    client.force_login(make.user())

    assert client.get(LIST).status_code == 403
