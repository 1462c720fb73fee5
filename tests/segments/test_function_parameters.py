import datetime as dt
from enum import Enum
from typing import Literal

import pytest
from django.core.checks import run_checks
from django.db import models

from segments.functions import segment_function
from segments.models import Segment
from segments.services import audience
from tests import make

pytestmark = pytest.mark.django_db

ADD = "/admin/segments/segment/add/"
TRY = "/admin/segments/segment/try/"
NAME = "test_every_type"


class Size(Enum):
    SMALL = 1
    VERY_LARGE = 2


class Season(models.TextChoices):
    SUMMER = "s", "Summer term"
    WINTER = "w", "Winter term"


given = {}


@segment_function(NAME)
def every_type(
    count: int,
    since: dt.date,
    kind: Literal["hot", "cold"],
    ratio: float = 1,
    prefix: str = "",
    is_new: bool = True,
    size: Size = Size.SMALL,
    season: Season | None = None,
    day: Literal[1, 2] = 2,
):
    given.update(locals())
    return []


def posted(**values):
    fields = {"count": "3", "since": "2026-01-31", "kind": "cold"} | values
    return {
        "name": "Mine",
        "type": "function",
        "handler_function": NAME,
        **{f"parameter-{NAME}-{name}": value for name, value in fields.items()},
    }


def test_every_type_of_argument_has_a_field(admin_client):
    form = admin_client.get(ADD).context["adminform"].form

    fields = {
        name.removeprefix(f"parameter-{NAME}-"): type(field).__name__
        for name, field in form.fields.items()
        if NAME in name
    }
    assert fields == {
        "count": "IntegerField",
        "since": "DateField",
        "kind": "ChoiceField",
        "ratio": "FloatField",
        "prefix": "CharField",
        "is_new": "BooleanField",
        "size": "ChoiceField",
        "season": "ChoiceField",
        "day": "ChoiceField",
    }


def test_what_is_filled_in_reaches_the_function_in_its_type(admin_client):
    answer = admin_client.post(
        ADD,
        posted(ratio="0.5", prefix="é", size="VERY_LARGE", season="WINTER", day="1"),
    )
    segment = Segment.objects.get()
    audience(segment)

    assert answer.status_code == 302
    assert given == {
        "count": 3,
        "since": dt.date(2026, 1, 31),
        "kind": "cold",
        "ratio": 0.5,
        "prefix": "é",
        "is_new": False,
        "size": Size.VERY_LARGE,
        "season": Season.WINTER,
        "day": 1,
    }


def test_what_is_left_out_has_its_default(admin_client):
    admin_client.post(ADD, posted(ratio="", is_new="on"))
    audience(Segment.objects.get())

    assert given["ratio"] == 1.0
    assert type(given["ratio"]) is float
    assert given["is_new"] is True
    assert given["size"] is Size.SMALL
    assert given["season"] is None
    assert given["day"] == 2


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"count": ""}, "Enter a value."),
        ({"kind": ""}, "Enter a value."),
        ({"since": ""}, "Enter a value."),
        ({"count": "3.5"}, "Enter a whole number."),
        ({"count": "9" * 5000}, "Enter a whole number."),
        ({"since": "2026-02-31"}, "Enter a valid date."),
        ({"kind": "warm"}, "Select a valid choice."),
        ({"size": "1"}, "Select a valid choice."),
        ({"ratio": "much"}, "Enter a number."),
        ({"ratio": "nan"}, "Enter a number."),
        ({"prefix": "x" * 1001}, "at most 1000 characters"),
        ({"prefix": "a\0b"}, "Null characters"),
    ],
)
def test_a_bad_value_gets_a_sentence_and_stores_nothing(admin_client, values, says):
    saved = admin_client.post(ADD, posted(**values))
    tried = admin_client.post(TRY, posted(**values))

    assert says in saved.content.decode()
    assert tried.status_code == 200
    assert not Segment.objects.exists()


def test_the_page_of_a_segment_says_its_values_in_words(admin_client):
    admin_client.post(ADD, posted(season="SUMMER", is_new="on"))

    page = admin_client.get(Segment.objects.get().get_absolute_url()).content.decode()

    assert "Summer term" in page
    assert "Small" in page
    assert "Yes" in page


def test_a_segment_whose_function_asks_for_other_things_now_can_be_opened(admin_client):
    stored = {"count": "many", "since": 7, "kind": "warm", "gone": [], "day": {}}
    segment = make.segment(
        type="function", handler_function=NAME, handler_parameters=stored
    )

    pages = [
        admin_client.get("/admin/segments/segment/"),
        admin_client.get(segment.get_absolute_url()),
        admin_client.get(f"/admin/segments/segment/{segment.pk}/change/"),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]


def untyped(days):
    return []


def listed(days: list):
    return []


def united(days: int | str):
    return []


def several(*days: int):
    return []


def wrongly_preset(days: int = "7"):
    return []


def strangely_preset(kind: Literal["a", "b"] = "c"):
    return []


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (untyped, "needs a type"),
        (listed, "needs a type"),
        (united, "needs a type"),
        (several, "no single value"),
        (wrongly_preset, "a default that is not of its type"),
        (strangely_preset, "a default that is not of its type"),
    ],
)
def test_an_argument_that_no_form_can_ask_for_is_refused(function, says):
    with pytest.raises(TypeError, match=says):
        segment_function(f"test_{function.__name__}")(function)


def test_a_module_that_cannot_be_loaded_closes_no_page(
    admin_client, settings, monkeypatch
):
    settings.SEGMENT_FUNCTIONS = ["tests.segments.broken_functions"]
    monkeypatch.setattr("segments.functions._discovered", False)
    monkeypatch.setattr("segments.functions._unloadable", {})

    page = admin_client.get(ADD)
    found = [str(one.msg) for one in run_checks() if one.id == "segments.E002"]

    assert "Newest customers" in page.content.decode()
    assert "tests.segments.broken_functions" in found[0]
    assert "numbers_of_tomorrow" in found[0]
