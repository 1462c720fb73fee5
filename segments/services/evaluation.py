"""Who is in a segment, now."""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from segments.conditions import Tree
from segments.errors import SegmentError
from segments.models import Segment, SegmentSnapshot
from segments.services import conditions
from segments.services.calling import call_function
from segments.services.found import FoundIds
from segments.services.sandbox import run_sql

_COPY_ROWS = 50_000
_WORTH_ANALYZING = 10_000
_KNOWN = """FROM customers customer
    WHERE customer.id IN (SELECT id FROM segment_found)
      AND customer.erased_at IS NULL AND customer.archived_at IS NULL"""


def audience(segment: Segment, *, by: User | None = None) -> QuerySet[Customer]:
    """Return the customers in the segment; rules are looked up now.

    A manual segment is its list. The others leave a snapshot, which the returned
    query reads; what conditions ask of SQL and functions is looked up before. Raises SegmentError with a sentence fit for a person. Call it
    outside a transaction, so that a failed look-up leaves its record.
    """
    if segment.type == Segment.Type.MANUAL:
        return Customer.objects.active().filter(segment_memberships__segment=segment)
    snapshot = SegmentSnapshot.objects.create(segment=segment, created_by=by)
    return customers_of(fill_snapshot(snapshot))


def latest_snapshot(segment: Segment) -> SegmentSnapshot | None:
    """Return the newest look-up of the segment that came to its end, if any."""
    return (
        SegmentSnapshot.objects.filter(
            segment=segment, state=SegmentSnapshot.State.READY
        )
        .order_by("-id")
        .first()
    )


def find_ids(segment: Segment) -> FoundIds:
    """Run the SQL or the function of a segment; whatever it returned, known or not."""
    if segment.type == Segment.Type.SQL:
        return run_sql(segment.selection_sql)
    return call_function(segment.handler_function, segment.handler_parameters)


def customers_of(snapshot: SegmentSnapshot) -> QuerySet[Customer]:
    """Return the customers that a snapshot found."""
    members = snapshot.members.values("customer_id")
    return Customer.objects.active().filter(pk__in=members)


def fill_snapshot(snapshot: SegmentSnapshot) -> SegmentSnapshot:
    """Look the segment up and record who was found, or why that failed."""
    try:
        if snapshot.segment.type == Segment.Type.CONDITIONS:
            _fill_by_conditions(snapshot)
        else:
            _fill_by_ids(snapshot)
    except SegmentError as error:
        _finish(snapshot, SegmentSnapshot.State.FAILED, str(error))
        raise
    except Exception:
        _finish(
            snapshot,
            SegmentSnapshot.State.FAILED,
            _("The look-up broke off because of a fault in the product."),
        )
        raise
    return snapshot


def _fill_by_ids(snapshot: SegmentSnapshot) -> None:
    found = find_ids(snapshot.segment)
    with transaction.atomic():
        snapshot.customer_count = _write_members(snapshot, found.ids)
        snapshot.ignored_count = found.total - snapshot.customer_count
        _compare_with_last(snapshot)
        _finish(snapshot, SegmentSnapshot.State.READY)


def _fill_by_conditions(snapshot: SegmentSnapshot) -> None:
    tree = conditions.tree_of(snapshot.segment)
    look_up_used(tree, by=snapshot.created_by)
    with transaction.atomic():
        snapshot.customer_count = conditions.write_members(snapshot, tree)
        _analyze_after(snapshot.customer_count)
        _compare_with_last(snapshot)
        _finish(snapshot, SegmentSnapshot.State.READY)


def look_up_used(tree: Tree, *, by: User | None = None) -> None:
    """Look up anew what SQL and functions find of whom the tree asks.

    Raises SegmentError. Call it outside a transaction, as `audience`.
    """
    for used in tree.uses:
        if used.type in (Segment.Type.SQL, Segment.Type.FUNCTION):
            _refresh_used(used, by)


def _refresh_used(segment: Segment, by: User | None) -> None:
    try:
        fill_snapshot(SegmentSnapshot.objects.create(segment=segment, created_by=by))
    except SegmentError as error:
        raise SegmentError(
            _("“%(segment)s”, which this segment uses, failed: %(error)s")
            % {"segment": segment, "error": error}
        ) from error


def _compare_with_last(snapshot: SegmentSnapshot) -> None:
    """Tell who entered and who left since the look-up before, if there was one."""
    last = latest_snapshot(snapshot.segment)
    if last is None or not last.has_members:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM segment_snapshot_members now WHERE snapshot_id = %s"
            " AND EXISTS (SELECT FROM segment_snapshot_members before"
            " WHERE before.snapshot_id = %s AND before.customer_id = now.customer_id)",
            [snapshot.pk, last.pk],
        )
        stayed = int(cursor.fetchone()[0])
    snapshot.entered_count = snapshot.customer_count - stayed
    snapshot.left_count = last.customer_count - stayed


def _finish(snapshot: SegmentSnapshot, state: str, error: str = "") -> None:
    snapshot.state = state
    snapshot.error = error
    snapshot.finished_at = timezone.now()
    snapshot.save(
        update_fields=[
            "state",
            "error",
            "finished_at",
            "customer_count",
            "ignored_count",
            "entered_count",
            "left_count",
        ]
    )


@contextmanager
def staged(ids: "array[int]") -> Iterator[None]:
    """Hold IDs in the temporary table `segment_found`, inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE segment_found (id bigint NOT NULL)")
        with cursor.copy("COPY segment_found FROM STDIN") as copy:
            for start in range(0, len(ids), _COPY_ROWS):
                rows = "\n".join(map(str, ids[start : start + _COPY_ROWS]))
                copy.write(rows + "\n")
        cursor.execute("ANALYZE segment_found")
        yield
        cursor.execute("DROP TABLE segment_found")


def count_known() -> int:
    """Return how many customers are among the staged IDs."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_KNOWN}")
        return int(cursor.fetchone()[0])


def _write_members(snapshot: SegmentSnapshot, ids: "array[int]") -> int:
    """Store the known customers among `ids`, each once; return how many."""
    with staged(ids), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO segment_snapshot_members (snapshot_id, customer_id) "
            f"SELECT %s, customer.id {_KNOWN}",
            [snapshot.pk],
        )
        written = int(cursor.rowcount)
    _analyze_after(written)
    return written


def _analyze_after(written: int) -> None:
    if written > _WORTH_ANALYZING:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE segment_snapshot_members")
