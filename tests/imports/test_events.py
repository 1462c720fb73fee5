import pytest

from customers.models import EventOutbox, EventSubscription
from funnel.models import Activity, FunnelEvent
from tests import make
from tests.imports.conftest import counts, refusals

pytestmark = pytest.mark.django_db

MOVES = (
    "lms_lead_id,funnel_type,from_stage,to_stage,created_date\n"
    "A,sales,,lead,2026-01-31\n"
    "A,Sales,lead,won,2026-02-01 10:00\n"
)
ACTIVITIES = (
    "lms_lead_id,name,occurred_at,amount,sku,count\n"
    "A,purchase,2026-01-31,12.5,x,1\n"
    "A,purchase,2026-01-31,12.50,x,1\n"
    "A,login,2026-01-31T10:00:00+01:00,,,\n"
)


@pytest.fixture(autouse=True)
def ada():
    return make.customer(lms_lead_id="A", email="ada@example.org")


def test_moves_come_in_once_however_often_their_file_does(load, ada):
    first = load(MOVES, "funnel_events")
    again = load(MOVES, "funnel_events")
    longer = load(MOVES + "A,sales,won,lost,2026-03-01\n", "funnel_events")

    assert [counts(job) for job in (first, again, longer)] == [
        (2, 0, 0, 0),
        (0, 0, 2, 0),
        (1, 0, 2, 0),
    ]
    moves = FunnelEvent.objects.order_by("created_date").values_list(
        "customer_id", "funnel_type", "from_stage", "to_stage"
    )
    assert moves[1] == (ada.pk, "sales", "lead", "won")


def test_equal_rows_of_one_file_are_events_of_their_own(load):
    first = load(ACTIVITIES, "activities")
    again = load(ACTIVITIES, "activities")

    assert (counts(first), counts(again)) == ((3, 0, 0, 0), (0, 0, 3, 0))
    purchase = Activity.objects.filter(name="purchase").first()
    assert str(purchase.amount) == "12.50"
    assert purchase.properties == {"sku": "x", "count": 1}


def test_the_external_id_is_the_identity_when_there_is_one(load):
    header = "lms_lead_id,funnel_type,to_stage,created_date,external_id\n"
    load(header + "A,sales,lead,2026-01-31,e1\nA,sales,lead,2026-01-31,e2\n", "funnel_events")  # fmt: skip

    job = load(header + "A,sales,won,2026-02-28,e1\nA,sales,won,2026-02-28,e3\nA,sales,lost,2026-02-28,e3\n", "funnel_events")  # fmt: skip

    assert counts(job) == (1, 0, 2, 0)
    assert FunnelEvent.objects.count() == 3


def test_the_customer_is_found_by_lead_id_customer_id_or_email(load, ada):
    job = load(
        "lms_lead_id,customer_id,email,funnel_type,to_stage\n"
        f"A,,,sales,1\n,{ada.pk},,sales,2\n,,ADA@example.org,sales,3\n"
        "Z,,,sales,4\n,999999999,,sales,5\n,,nobody@example.org,sales,6\n,,,sales,7\n",
        "funnel_events",
        mapping={"customer_id": "customer_id"},
    )

    assert FunnelEvent.objects.filter(customer=ada).count() == 3
    assert refusals(job) == [
        (5, "lms_lead_id", "No customer has this lms_lead_id."),
        (6, "customer_id", "There is no customer with this id."),
        (7, "email", "No customer has this e-mail address."),
        (8, "email", "Name the customer by lms_lead_id, customer_id or email."),
    ]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",lead,2026-01-31", "funnel_type", "This is missing."),
        ("rental,lead,2026-01-31", "funnel_type", "This is none of sales, service-delivery, conversion."),
        ("sales,,2026-01-31", "to_stage", "This is missing."),
        (f"sales,{'x' * 101},2026-01-31", "to_stage", "This text is too long."),
        ("sales,__null__,2026-01-31", "to_stage", "This cannot be cleared."),
    ],
)  # fmt: skip
def test_a_bad_move_is_refused(load, row, column, reason):
    job = load(f"lms_lead_id,funnel_type,to_stage,created_date\nA,{row}\n", "funnel_events")  # fmt: skip

    assert refusals(job) == [(2, column, reason)]


def test_an_amount_has_a_limit_and_two_decimals(load):
    job = load(
        "lms_lead_id,name,occurred_at,amount\n"
        "A,x,2026-01-31,1.005\nA,x,2026-01-31,1e12\n",
        "activities",
    )

    assert [str(a.amount) for a in Activity.objects.all()] == ["1.01"]
    assert refusals(job) == [(3, "amount", "This is not an amount.")]


@pytest.mark.parametrize(("ticked", "heard"), [(False, 0), (True, 1)])
def test_events_of_a_file_start_workflows_only_when_ticked(load, ada, ticked, heard):
    EventSubscription.objects.create(kind="funnel", name="won", owner="workflow:1")

    load(MOVES, "funnel_events", options={"may_start_workflows": ticked})
    load(MOVES, "funnel_events", options={"may_start_workflows": True})

    outbox = EventOutbox.objects.values_list("kind", "name", "customer_id")
    assert list(outbox) == [("funnel", "won", ada.pk)] * heard
