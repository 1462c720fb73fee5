"""Look-ups in the background: asked for as rows, done by a worker."""

import datetime as dt
from contextlib import suppress

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from segments.errors import SegmentError
from segments.models import Segment, SegmentSnapshot, SegmentSnapshotMember
from segments.services.evaluation import fill_snapshot

State = SegmentSnapshot.State

_KEPT = 3
_KEPT_FIGURES = 400
_FRESH = dt.timedelta(hours=1)
_LOST_AFTER = dt.timedelta(minutes=10)


@transaction.atomic
def request_refresh(segment: Segment, *, by: User | None = None) -> SegmentSnapshot:
    """Ask for a look-up by a worker; one that is under way already is enough."""
    if segment.type == Segment.Type.MANUAL:
        raise SegmentError(_("A manual segment is its list; there is nothing to find."))
    Segment.objects.select_for_update().get(pk=segment.pk)
    under_way = segment.snapshots.filter(state__in=(State.QUEUED, State.RUNNING))
    return under_way.first() or SegmentSnapshot.objects.create(
        segment=segment, state=State.QUEUED, created_by=by
    )


def run_refresh(snapshot_id: int) -> bool:
    """Do one look-up that was asked for; False when another worker has it."""
    taken = SegmentSnapshot.objects.filter(pk=snapshot_id, state=State.QUEUED).update(
        state=State.RUNNING, started_at=timezone.now()
    )
    if not taken:
        return False
    with suppress(SegmentError):  # the snapshot says why
        fill_snapshot(SegmentSnapshot.objects.get(pk=snapshot_id))
    return True


def queued_refreshes(limit: int = 50) -> list[int]:
    """Return the look-ups that wait for a worker, the oldest first."""
    waiting = SegmentSnapshot.objects.filter(state=State.QUEUED).order_by("id")
    return list(waiting.values_list("pk", flat=True)[:limit])


def clean_snapshots() -> None:
    """Give up look-ups whose worker died, and keep only the newest few per segment.

    Of older ones the figures stay, to be drawn over time, and the members go. A fresh
    one stays whatever its place, for somebody may be reading it.
    """
    now = timezone.now()
    SegmentSnapshot.objects.filter(
        state=State.RUNNING, started_at__lt=now - _LOST_AFTER
    ).update(
        state=State.FAILED, finished_at=now, error=_("The look-up was interrupted.")
    )
    place = Window(
        RowNumber(), partition_by=[F("segment"), F("state")], order_by=F("id").desc()
    )
    finished = SegmentSnapshot.objects.filter(
        state__in=(State.READY, State.FAILED)
    ).annotate(place=place)
    with_members = finished.filter(place__gt=_KEPT).values("pk")
    for pk in SegmentSnapshot.objects.filter(
        pk__in=with_members, finished_at__lt=now - _FRESH, has_members=True
    ).values_list("pk", flat=True):
        _forget_members(pk)
    past_their_place = finished.filter(place__gt=_KEPT_FIGURES).values("pk")
    SegmentSnapshot.objects.filter(pk__in=past_their_place, has_members=False).delete()


@transaction.atomic
def _forget_members(snapshot_id: int) -> None:
    SegmentSnapshotMember.objects.filter(snapshot_id=snapshot_id).delete()
    SegmentSnapshot.objects.filter(pk=snapshot_id).update(has_members=False)
