import threading

import pytest
from django.db import connection

from customers.models import Customer
from segments.errors import SegmentError
from segments.functions import segment_function
from segments.services import audience, try_function
from tests import make
from tests.segments import endless_functions

pytestmark = pytest.mark.django_db

ENDLESS = (
    "endless_python",
    "endless_sql",
    "endless_questions",
    "endless_rows",
    "endless_and_deaf",
    "endless_and_deafer",
)
HERE = endless_functions.__file__.rsplit("/", 1)[1]


@segment_function("test_quick")
def quick():
    return list(Customer.objects.values_list("pk", flat=True))


@segment_function("test_leaving")
def leaving():
    raise SystemExit(1)


@pytest.fixture
def short(settings):
    settings.SEGMENT_TIMEOUT_SECONDS = 0.3


def function_segment(name):
    return make.segment(type="function", handler_function=name)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_function_that_never_ends_is_stopped_where_it_is(short, name):
    customer = make.customer()
    segment = function_segment(name)

    with pytest.raises(SegmentError, match=f"{HERE}, line .* longer than 0.3 seconds"):
        audience(segment)

    assert "longer than 0.3 seconds" in segment.snapshots.get().error
    assert list(audience(function_segment("test_quick"))) == [customer]


def test_a_function_in_time_is_not_stopped(short):
    customers = [make.customer() for _number in range(3)]

    assert set(audience(function_segment("test_quick"))) == set(customers)
    assert "segment alarm" not in {one.name for one in threading.enumerate()}


def test_a_function_is_stopped_in_a_thread_too(short):
    said = []

    def look():
        try:
            try_function("endless_python", {}, seconds=0.3)
        except SegmentError as error:
            said.append(str(error))
        finally:
            connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(timeout=30)

    assert "longer than 0.3 seconds" in said[0]


def test_a_function_that_leaves_the_program_is_a_fault_of_its_own(short):
    with pytest.raises(SegmentError, match="SystemExit"):
        audience(function_segment("test_leaving"))


def test_what_fails_breaks_neither_the_list_nor_the_page(short, admin_client):
    segments = [function_segment(name) for name in ("endless_python", "nobody")]
    for segment in segments:
        with pytest.raises(SegmentError):
            audience(segment)

    pages = [
        admin_client.get("/admin/segments/segment/"),
        *(admin_client.get(segment.get_absolute_url()) for segment in segments),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "The last look-up failed" in pages[0].content.decode()
    assert "line" in pages[1].content.decode()
