import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from segments.errors import SegmentError
from segments.models import SegmentSnapshotMember
from segments.services import latest_snapshot, request_refresh
from segments.tasks import clean_segment_snapshots, refresh_segment
from tests import make

pytestmark = pytest.mark.django_db


def newest(**overrides):
    return make.segment(
        type="function", handler_function="newest_customers", **overrides
    )


def printed(*arguments):
    out = StringIO()
    call_command("evaluate_segment", *arguments, stdout=out)
    return out.getvalue()


def test_a_refresh_is_a_row_that_a_worker_takes_once():
    make.customer()
    segment = newest()
    asked = request_refresh(segment)

    refresh_segment(asked.pk)
    refresh_segment(asked.pk)

    assert latest_snapshot(segment).customer_count == 1
    assert segment.snapshots.count() == 1


def test_asking_twice_is_one_look_up():
    segment = newest()

    assert request_refresh(segment) == request_refresh(segment)


def test_a_failed_refresh_says_why():
    segment = make.segment(type="function", handler_function="gone")
    asked = request_refresh(segment)

    refresh_segment(asked.pk)

    asked.refresh_from_db()
    assert (asked.state, "gone" in asked.error) == ("failed", True)


def test_a_list_has_nothing_to_refresh():
    with pytest.raises(SegmentError, match="nothing to find"):
        request_refresh(make.segment())


def test_a_look_up_whose_worker_died_is_given_up():
    segment = newest()
    ago = timezone.now() - dt.timedelta(minutes=11)
    lost = segment.snapshots.create(state="running", started_at=ago)

    clean_segment_snapshots()

    lost.refresh_from_db()
    assert (lost.state, lost.error) == ("failed", "The look-up was interrupted.")


def test_members_of_old_look_ups_go_and_their_figures_stay():
    make.customer()
    segment = newest()
    for _time in range(5):
        refresh_segment(request_refresh(segment).pk)
    segment.snapshots.update(finished_at=timezone.now() - dt.timedelta(hours=2))
    fresh = request_refresh(segment)
    refresh_segment(fresh.pk)

    clean_segment_snapshots()

    assert segment.snapshots.count() == 6
    assert segment.snapshots.filter(has_members=True).count() == 3
    assert latest_snapshot(segment) == fresh
    assert SegmentSnapshotMember.objects.count() == 3


def test_the_command_prints_how_many_are_in_a_segment():
    segment = make.segment(make.customer(), make.customer(), name="Friends")

    assert printed("Friends") == "2 customers are in “Friends”.\n"
    assert printed("Friends", "--ids").split() == [
        str(pk)
        for pk in segment.memberships.order_by("customer_id").values_list(
            "customer_id", flat=True
        )
    ]


def test_the_command_says_what_went_wrong():
    make.segment(type="function", handler_function="gone", name="Broken")

    with pytest.raises(CommandError, match="No function is registered"):
        printed("Broken")
    with pytest.raises(CommandError, match="no segment called “Nothing”"):
        printed("Nothing")


def test_an_unknown_name_is_answered_with_those_that_there_are():
    newest()

    with pytest.raises(CommandError, match="There are “") as refused:
        printed("nope")

    assert "no segment called “nope”" in str(refused.value)
