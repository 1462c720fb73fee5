import json

import pytest

from segments.models import Segment
from segments.services import audience
from tests import make

pytestmark = pytest.mark.django_db

ADD = "/admin/segments/segment/add/"
TRY = "/admin/segments/segment/try/"
SUGGEST = "/admin/segments/segment/suggest/"
ADAS = {"type": "field", "field": "first_name", "operator": "equals", "value": "Ada"}
DEEP = '{"version": 1, "not": ' + '{"not":' * 3_000 + "{}" + "}" * 3_001


def rule(*members, **overrides):
    values = {"type": "conditions", "conditions": {"version": 1, "all": list(members)}}
    return make.segment(**values | overrides)


def posted(conditions, **values):
    text = conditions if isinstance(conditions, str) else json.dumps(conditions)
    return {"name": "Mine", "type": "conditions", "conditions": text} | values


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def marketer(client):
    """May change segments and see customers, and not what is sensitive."""
    user = make.grant(
        make.user(),
        "segments.view_segment",
        "segments.add_segment",
        "segments.change_segment",
        "customers.view_customer",
    )
    client.force_login(user)
    return client


def test_conditions_are_saved_and_looked_up(admin_client):
    document = {"version": 1, "all": [ADAS]}

    answer = admin_client.post(ADD, posted(document))

    segment = Segment.objects.get()
    assert answer.url == segment.get_absolute_url()
    assert segment.conditions == document
    assert segment.snapshots.get().state == "queued"
    page = text_of(admin_client.get(answer.url))
    assert "Customers whose first name is “Ada”." in page
    assert "FROM customers c" in page


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ("", "Add a condition."),
        ("{", "The conditions are no valid JSON."),
        ("[]", "Add a condition."),
        ('"\\ud800"', "contain a broken character"),
        (DEEP, "nested deeper than"),
        ("[" * 100_000, "nested deeper than"),
        ({"version": 1, "all": [ADAS | {"value": "\0"}]}, "a broken character"),
        ({"version": 1, "all": [{"type": "tag"}]}, "Enter or choose a value."),
    ],
)
def test_a_bad_tree_gets_a_sentence_where_it_is_saved_and_tried(
    admin_client, conditions, says
):
    saved = admin_client.post(ADD, posted(conditions))
    tried = admin_client.post(TRY, posted(conditions))

    assert says in text_of(saved)
    assert says in text_of(tried)
    assert not Segment.objects.exists()


def test_trying_counts_and_shows_the_first(admin_client):
    make.customer(first_name="Ada", last_name="Lovelace")
    make.customer(first_name="Bert")

    tried = text_of(admin_client.post(TRY, posted({"version": 1, "all": [ADAS]})))

    assert "Ada Lovelace" in tried
    assert "Bert" not in tried
    assert "Customers whose first name is “Ada”." in tried


def test_a_segment_may_not_be_tried_with_itself(admin_client):
    segment = rule(ADAS)
    using = {"type": "segment", "operator": "in", "segment": segment.pk}

    tried = admin_client.post(
        TRY, posted({"version": 1, "all": [using]}, segment=segment.pk)
    )

    assert "would refer to itself" in text_of(tried)


def test_what_is_sensitive_is_neither_offered_suggested_nor_taken(marketer):
    make.attribute("illness", sensitive=True)
    make.customer(attributes={"illness": "flu"})
    asked = {"type": "attribute", "attribute": "illness", "operator": "is_set"}
    document = {"version": 1, "all": [asked]}

    form = text_of(marketer.get(ADD))
    suggested = marketer.get(SUGGEST, {"attribute": "illness"}).json()
    saved = text_of(marketer.post(ADD, posted(document)))

    assert "illness" not in form
    assert suggested == {"values": []}
    assert "no attribute “illness” that you may use" in saved


def test_suggestions_come_from_the_data(admin_client):
    make.attribute("course")
    for course in ("MBA", "MBA", "MSc"):
        customer = make.customer(attributes={"course": course}, timezone="Asia/Tokyo")
    make.activity(customer, "visit", properties={"hall": "A", "hours": 2})

    def suggested(**asked):
        return admin_client.get(SUGGEST, asked).json()

    assert suggested(attribute="course") == {"values": ["MBA", "MSc"]}
    assert suggested(field="timezone") == {"values": ["Asia/Tokyo"]}
    assert suggested(field="email") == {"values": []}
    assert sorted(suggested(activity="visit")["properties"]) == [
        ["hall", "string"],
        ["hours", "number"],
    ]
    assert suggested(activity="visit", property="hall") == {"values": ["A"]}
    assert suggested(attribute="x\0" * 9_999) == {"values": []}
    assert suggested() == {"values": []}


def test_a_verdict_is_explained_condition_by_condition(admin_client):
    make.attribute("visits", "numeric")
    customer = make.customer(first_name="Ada", attributes={"visits": 3})
    many = {"type": "attribute", "attribute": "visits", "operator": "more", "value": 5}
    bought = {"type": "activity", "name": "buy", "operator": "at_least", "value": 2}
    make.activity(customer, "buy", amount=7)
    segment = rule(ADAS, many, bought)
    address = f"/admin/segments/segment/{segment.pk}/explain/"

    page = admin_client.get(address, {"customer": customer.lms_lead_id})

    verdict = page.context["verdict"]
    assert verdict.matches is False
    assert [(found.holds, seen) for found, seen in verdict.rows[:2]] == [
        (True, "Ada"),
        (False, "3"),
    ]
    assert verdict.rows[2][0].holds is False
    assert verdict.rows[2][1].startswith("done 1×, 7 in amount, last ")
    assert "Not in the segment" in text_of(page)


def test_sensitive_values_are_not_explained_to_everybody(marketer):
    make.attribute("illness", sensitive=True)
    customer = make.customer(attributes={"illness": "influenza"})
    ill = {"type": "attribute", "attribute": "illness", "operator": "is_set"}
    segment = rule(ill, ADAS)

    page = text_of(
        marketer.get(
            f"/admin/segments/segment/{segment.pk}/explain/", {"customer": customer.pk}
        )
    )

    assert "hidden, for it is sensitive" in page
    assert "influenza" not in page
    assert page.count(">Yes<") == 1


@pytest.mark.parametrize("asked", ["nobody", "\0", "9" * 400, "'\"%"])
def test_an_unknown_customer_is_told_of(admin_client, asked):
    segment = rule(ADAS)

    page = admin_client.get(
        f"/admin/segments/segment/{segment.pk}/explain/", {"customer": asked}
    )

    assert page.status_code == 200
    assert page.context["error"]


def test_a_customers_page_leads_to_every_segment(admin_client):
    customer = make.customer(first_name="Ada")
    rule(ADAS, name="Adas")
    rule(ADAS | {"value": "Bert"}, name="Berts")
    make.segment(customer, name="Listed")
    make.segment(type="function", handler_function="gone", name="Never looked up")
    rule({"type": "attribute", "attribute": "gone", "operator": "is_set"}, name="Bad")

    home = text_of(admin_client.get(customer.get_absolute_url()))
    address = f"/admin/segments/segment/of/{customer.pk}/"
    page = admin_client.get(address)

    assert address in home
    found = {one.segment.name: one.matches for one in page.context["found"]}
    assert found == {
        "Adas": True,
        "Berts": False,
        "Listed": True,
        "Never looked up": None,
        "Bad": None,
    }
    assert "There is no attribute “gone”" in text_of(page)


def test_the_lists_of_segments_ask_no_conditions(
    admin_client, django_assert_max_num_queries
):
    for number in range(200):
        rule(ADAS, name=f"Rule {number}")

    with django_assert_max_num_queries(12) as asked:
        admin_client.get("/admin/segments/segment/")

    assert not any("first_name = 'Ada'" in query["sql"] for query in asked)


def test_fifty_conditions_are_tried_saved_and_explained(admin_client):
    customer = make.customer(first_name="Ada")
    never = {"type": "activity", "name": "visit", "operator": "never"}
    ago = [{"window": {"operator": "last_days", "value": day}} for day in range(49)]
    document = {"version": 1, "all": [ADAS, *(never | window for window in ago)]}

    tried = text_of(admin_client.post(TRY, posted(document)))
    saved = admin_client.post(ADD, posted(document))
    asked = admin_client.get(
        saved.url.replace("view", "explain"), {"customer": customer.pk}
    )

    assert "seg-figures" in tried
    assert list(audience(Segment.objects.get())) == [customer]
    assert len(asked.context["verdict"].rows) == 50


def test_look_ups_are_drawn_over_time(admin_client):
    make.customer(first_name="Ada")
    segment = rule(ADAS)
    audience(segment)
    make.customer(first_name="Ada")
    audience(segment)

    page = text_of(admin_client.get(segment.get_absolute_url()))

    assert "2 (+1, −0)" in page
