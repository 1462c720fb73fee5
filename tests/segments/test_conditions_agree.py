"""What the database finds is what a naive evaluator in plain Python finds."""

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segments.conditions import Catalogue, Clock, members_query, read_document
from segments.models import ScoreSettings, SegmentMember, SegmentSnapshotMember
from tests import make
from tests.scale import scaled
from tests.segments import reference, stored, worlds

RULE = {"type": "attribute", "attribute": "visits", "operator": "at_least", "value": 1}


@st.composite
def cases(draw):
    now = draw(st.sampled_from(worlds.NOWS))
    people = draw(st.lists(worlds.people(now), min_size=1, max_size=5))
    return now, people, draw(st.lists(worlds.trees(now), min_size=3, max_size=6))


def with_ids(node, templates, segments):
    """Put the IDs of this run in the place of the names in a tree."""
    if isinstance(node, list):
        return [with_ids(one, templates, segments) for one in node]
    if not isinstance(node, dict):
        return node
    named = {key: with_ids(value, templates, segments) for key, value in node.items()}
    if "template" in named:
        named["template"] = templates[named["template"]].pk
    if "segment" in named:
        named["segment"] = segments[named["segment"]].pk
    return named


def found_by_database(document, now):
    tree = read_document(document, Catalogue())
    tree.words()
    query = members_query(tree, Clock(now, worlds.ZONE))
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def play(now, people, trees):
    for name, field_type in worlds.ATTRIBUTES.items():
        make.attribute(name, field_type)
    ScoreSettings.objects.create(pk=1, purchase_names=["Buy"], **worlds.RULES)
    templates = [make.template(), make.template()]
    segments = {
        "listed": make.segment(),
        "ruled": make.segment(type="conditions", conditions={"version": 1} | RULE),
        "found": make.segment(type="sql"),
    }
    snapshot = segments["found"].snapshots.create(state="ready")
    stored.store(
        people,
        templates,
        [
            lambda who: SegmentMember.objects.create(
                segment=segments["listed"], customer=who
            ),
            lambda who: SegmentSnapshotMember.objects.create(
                snapshot=snapshot, customer=who
            ),
        ],
    )
    listed = {who["id"] for who in people if who["listed"]}
    for who in people:
        for one in who["messages"]:
            one["template"] = templates[one["template"]].pk
    world = {
        "now": now,
        "zone": worlds.ZONE,
        "attributes": worlds.ATTRIBUTES,
        "rules": worlds.RULES | {"purchases": ["buy"]},
        "segments": {
            segments["listed"].pk: listed,
            segments["ruled"].pk: RULE,
            segments["found"].pk: listed,
        },
    }
    for tree in trees:
        named = with_ids(tree, templates, segments)
        expected = {who["id"] for who in people if reference.matches(named, who, world)}
        assert found_by_database({"version": 1} | named, now) == expected, named


@pytest.mark.prove
@pytest.mark.django_db
def test_the_database_finds_whom_plain_python_finds():
    @settings(
        max_examples=scaled(100, 1_500),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def agree(case):
        with transaction.atomic():
            play(*case)
            transaction.set_rollback(True)

    agree()


@pytest.mark.django_db
def test_the_comparison_with_plain_python_can_fail(monkeypatch):
    monkeypatch.setitem(reference.CONDITIONS, "everyone", lambda *_: False)
    nothing = ("tags", "offers", "consents", "moves", "activities", "messages")
    person = {key: [] for key in nothing} | {"attributes": {}, "listed": False}
    person |= {"first_name": "", "timezone": "", "created_date": worlds.NOWS[0]}
    person |= {"email": "", "score": None}

    with pytest.raises(AssertionError):
        play(worlds.NOWS[0], [person], [{"type": "everyone"}])
