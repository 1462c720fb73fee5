import json

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segments.conditions import Catalogue, json_schema, read_document, read_text
from segments.errors import ConditionError
from tests import make
from tests.segments import worlds

pytestmark = pytest.mark.django_db

VISITS = {"type": "attribute", "attribute": "visits", "operator": "more", "value": 1}
NAME = {"type": "field", "field": "first_name", "operator": "equals", "value": "Ada"}
BUYS = {"type": "activity", "name": "purchase", "operator": "at_least", "value": 1}


@pytest.fixture(autouse=True)
def attributes():
    for name, field_type in worlds.ATTRIBUTES.items():
        make.attribute(name, field_type)
    make.attribute("illness", sensitive=True)


def read(*members, **document):
    return read_document(
        {"version": 1, "all": list(members)} | document, Catalogue(sensitive=False)
    )


def refusal(*members):
    with pytest.raises(ConditionError) as refused:
        read(*members)
    return refused.value.path, str(refused.value)


@pytest.mark.parametrize(
    ("member", "path", "says"),
    [
        ({}, "all[0].type", "Enter or choose a value."),
        ([], "all[0]", "Here belongs an object"),
        ({"type": "nonsense"}, "all[0].type", "Choose one of: "),
        ({"any": []}, "all[0].any", "The group is empty."),
        ({"any": {}}, "all[0].any", "Here belongs a list."),
        ({"any": [NAME], "all": [NAME]}, "all[0]", "one key only"),
        ({"not": {"any": [NAME, 5]}}, "all[0].not.any[1]", "an object"),
        (NAME | {"more": 1}, "all[0].more", "“more” is not known here"),
        (NAME | {"operator": "less"}, "all[0].operator", "Choose one of: equals"),
        (NAME | {"value": "a\0"}, "all[0].value", "a broken character"),
        (NAME | {"value": "\ud800"}, "all[0].value", "a broken character"),
        (NAME | {"value": "x" * 2001}, "all[0].value", "longer than 2,000"),
        (NAME | {"value": 5}, "all[0].value", "Here belongs a text."),
        (NAME | {"operator": "in", "value": []}, "all[0].value", "at least one"),
        (
            NAME | {"operator": "in", "value": ["a", ""]},
            "all[0].value[1]",
            "Enter or choose a value.",
        ),
        (NAME | {"operator": "is_set"}, "all[0].value", "takes no value"),
        (NAME | {"ignore_case": 1}, "all[0].ignore_case", "true or false"),
        (VISITS | {"value": "1"}, "all[0].value", "Enter a number."),
        (VISITS | {"value": True}, "all[0].value", "Enter a number."),
        (VISITS | {"value": float("inf")}, "all[0].value", "too big"),
        (VISITS | {"value": float("nan")}, "all[0].value", "too big"),
        (VISITS | {"operator": "contains"}, "all[0].operator", "Choose one of"),
        (VISITS | {"attribute": "gone"}, "all[0].attribute", "no attribute “gone”"),
        (VISITS | {"attribute": "illness"}, "all[0].attribute", "that you may use"),
        (
            VISITS | {"attribute": "born", "operator": "on", "value": "31.01.2026"},
            "all[0].value",
            "a date such as 2026-01-31",
        ),
        (
            VISITS | {"attribute": "born", "operator": "last_days", "value": 10**9},
            "all[0].value",
            "a whole number from 0 to 36,500",
        ),
        (BUYS | {"value": 1.5}, "all[0].value", "Enter a whole number."),
        (BUYS | {"window": {"operator": "soon"}}, "all[0].window.operator", "Choose"),
        (
            BUYS | {"where": [{"property": "course", "operator": "equals"}]},
            "all[0].where[0].value",
            "Enter or choose a value.",
        ),
        (
            {"type": "segment", "operator": "in", "segment": 10**30},
            "all[0].segment",
            "Enter a whole number",
        ),
        (
            {"type": "segment", "operator": "in", "segment": 999_999},
            "all[0].segment",
            "This segment does not exist.",
        ),
        (
            {"type": "message", "event": "opened", "template": 999_999},
            "all[0].template",
            "This template does not exist.",
        ),
        (
            {
                "type": "stage",
                "funnel": "sales",
                "operator": "none",
                "days_at_least": 3,
            },
            "all[0].operator",
            "Days count only",
        ),
    ],
)
def test_a_fault_is_told_with_its_path(member, path, says):
    found, sentence = refusal(member)

    assert found == path
    assert says in sentence


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_another_version_is_refused(version):
    with pytest.raises(ConditionError, match="This version is not known"):
        read(NAME, version=version)


def test_deep_nesting_gets_a_sentence():
    deep = '{"not":' * 3_000 + json.dumps(NAME) + "}" * 3_000

    with pytest.raises(ConditionError, match="nested deeper"):
        read(read_text(deep))


def test_a_huge_tree_gets_a_sentence():
    group = {"any": [NAME] * 200}

    assert refusal(group, group)[1].endswith("has more than 300 conditions.")
    assert len(read(*[NAME] * 50).leaves) == 50
    with pytest.raises(ConditionError, match="too long"):
        read_text(" " * 300_000)


def test_segments_do_not_refer_to_themselves():
    first = make.segment(type="conditions", name="First")
    second = make.segment(
        type="conditions",
        name="Second",
        conditions={
            "version": 1,
            "type": "segment",
            "operator": "in",
            "segment": first.pk,
        },
    )
    using = {"type": "segment", "operator": "in", "segment": second.pk}
    first.conditions = {"version": 1, "all": [using]}
    first.save()

    with pytest.raises(ConditionError) as refused:
        read_document(first.conditions, Catalogue(chain=(first.pk,)))

    assert refused.value.path == "all[0].segment"
    assert "would refer to itself" in str(refused.value)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (
            [
                {
                    "type": "attribute",
                    "attribute": "course %",
                    "operator": "equals",
                    "value": "MBA",
                },
                {
                    "type": "activity",
                    "name": "class attended",
                    "operator": "never",
                    "window": {"operator": "last_days", "value": 30},
                },
            ],
            "Customers whose course % is “MBA” and without “class attended” in the"
            " last 30 days.",
        ),
        (
            [
                {
                    "any": [
                        {"type": "tag", "operator": "has", "tags": ["vip", "new"]},
                        BUYS | {"measure": "amount", "value": 1000},
                    ]
                },
                {"not": {"any": [NAME]}},
            ],
            "Customers (with the tag “vip” or “new” or whose “purchase” come to at"
            " least 1,000) and except those whose first name is “Ada”.",
        ),
        (
            [
                {
                    "type": "stage",
                    "funnel": "sales",
                    "operator": "in",
                    "stages": ["Lead"],
                    "days_at_least": 7,
                }
            ],
            "Customers who are at “Lead” in the funnel “Sales” for at least 7 days.",
        ),
        (
            [{"type": "message", "event": "not_opened", "channel": "email"}],
            "Customers who received and did not open a message by E-mail.",
        ),
    ],
)
def test_a_tree_is_said_in_plain_words(members, words):
    assert read(*members).words() == words


def test_every_tree_that_can_be_read_meets_the_schema():
    names = {"template": make.template().pk, "segment": make.segment().pk}

    def named(node):
        if isinstance(node, list):
            return [named(one) for one in node]
        if not isinstance(node, dict):
            return node
        return {key: names.get(key, named(value)) for key, value in node.items()}

    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(worlds.NOWS).flatmap(worlds.trees))
    def meets(tree):
        document = {"version": 1} | named(tree)
        read_document(document, Catalogue())
        jsonschema.validate(document, schema)

    meets()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": 1, "all": [{"type": "nonsense"}]}, schema)
