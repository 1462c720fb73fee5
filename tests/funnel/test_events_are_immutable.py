import pytest
from django.db import IntegrityError, connection, transaction

from funnel.models import FunnelEvent
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE funnel_events SET to_stage = 'Changed'",
        "UPDATE funnel_events SET to_stage = to_stage",
        "DELETE FROM funnel_events",
        "INSERT INTO funnel_events (customer_id, funnel_type, from_stage, to_stage,"
        " external_id, identity) SELECT customer_id, funnel_type, from_stage, to_stage,"
        " external_id, identity FROM funnel_events ON CONFLICT (identity)"
        " DO UPDATE SET to_stage = 'Changed'",
    ],
)
def test_the_database_itself_refuses_to_change_an_event(statement):
    make.funnel_event(make.customer(), "Won")

    with (
        pytest.raises(IntegrityError, match="immutable"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert FunnelEvent.objects.get().to_stage == "Won"


def test_the_same_statement_changes_a_row_of_another_table():
    who = make.customer(first_name="Before")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers SET first_name = 'After'")

    who.refresh_from_db()
    assert who.first_name == "After"


def test_an_event_leaves_only_through_its_recorded_removal():
    kept, removed = (make.funnel_event(make.customer()) for _ in range(2))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT remove_funnel_events(%s, 'erasure', 'admin')", [[removed.pk]]
        )

    assert list(FunnelEvent.objects.all()) == [kept]
