import datetime as dt

import pytest
from django.utils import timezone

from customers.models import Customer
from funnel.models import Activity
from segments.errors import SegmentError
from segments.functions import find_function, segment_function, segment_functions
from segments.services import audience, latest_snapshot, save_segment
from tests import make

pytestmark = pytest.mark.django_db


@segment_function("test_ids")
def ids_given(count: int, since: dt.date, prefix: str = "", ratio: float = 1.0):
    yield from range(count)
    yield from (since.year, None)


@segment_function("test_customers")
def customers_given():
    return list(Customer.objects.all()) * 2


@segment_function("test_words")
def words_given():
    return ["x"]


@segment_function("test_failing")
def failing():
    numbers = [1, 2]
    return numbers[2]


def function_segment(name, **parameters):
    return make.segment(
        type="function", handler_function=name, handler_parameters=parameters
    )


def test_customers_without_activity_are_found():
    quiet, busy, never = make.customer(), make.customer(), make.customer()
    now = timezone.now()
    Activity.objects.create(
        customer=quiet, name="login", occurred_at=now - dt.timedelta(days=40)
    )
    Activity.objects.create(customer=busy, name="login", occurred_at=now)

    found = audience(function_segment("customers_without_activity", days=30))

    assert set(found) == {quiet, never}


def test_the_newest_customers_are_found():
    make.customer(created_date=timezone.now() - dt.timedelta(days=8))
    fresh = make.customer()

    assert list(audience(function_segment("newest_customers"))) == [fresh]


def test_a_function_may_return_customers():
    customer = make.customer()
    segment = function_segment("test_customers")

    assert list(audience(segment)) == [customer]
    assert latest_snapshot(segment).ignored_count == 1


def test_parameters_arrive_in_their_type():
    segment = function_segment("test_ids", count=3, since="2026-01-31")

    audience(segment)

    snapshot = latest_snapshot(segment)
    assert snapshot.customer_count + snapshot.ignored_count == 5


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("nobody_registered_this", {}, "under the name “nobody_registered_this”"),
        ("os.system", {}, "No function is registered"),
        ("segments.services.delete_segment", {}, "No function is registered"),
        ("test_ids", {}, "“Count” has no valid value"),
        ("test_ids", {"count": "3", "since": "2026-01-31"}, "“Count” has no valid"),
        ("test_ids", {"count": 3, "since": "soon"}, "“Since” has no valid value"),
        ("test_words", {}, "type “str”"),
        ("test_failing", {}, "test_function_segments.py, line 35. IndexError"),
    ],
)
def test_what_fails_says_so(name, parameters, says):
    with pytest.raises(SegmentError, match=r"\.$|:") as refused:
        audience(function_segment(name, **parameters))

    assert says in str(refused.value)


def test_an_endless_function_is_stopped(settings):
    settings.SEGMENT_ROW_LIMIT = 100

    with pytest.raises(SegmentError, match="more than 100 rows"):
        audience(function_segment("test_ids", count=10**9, since="2026-01-01"))


def test_a_module_named_in_the_settings_registers_functions(settings, monkeypatch):
    settings.SEGMENT_FUNCTIONS = ["tests.segments.more_functions"]
    monkeypatch.setattr("segments.functions._discovered", False)

    assert find_function("from_the_settings") is not None


def test_two_functions_of_one_name_are_refused():
    with pytest.raises(ValueError, match="registered twice"):

        @segment_function("newest_customers")
        def other():
            return []


def test_an_argument_without_a_type_is_refused():
    with pytest.raises(TypeError, match="needs a type"):

        @segment_function("test_untyped")
        def untyped(days):
            return []


def test_an_unknown_function_cannot_be_saved():
    with pytest.raises(SegmentError, match="No function is registered"):
        save_segment(function_segment("nobody_registered_this"))


def test_functions_are_listed_by_their_label():
    labels = [function.label for function in segment_functions().values()]

    assert labels == sorted(labels)
    assert "Newest customers" in labels
