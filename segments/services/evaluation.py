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
from segments.errors import SegmentError
from segments.models import Segment, SegmentSnapshot
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
    query reads. Raises SegmentError with a sentence fit for a person. Call it
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
    """Run the rule of a segment; whatever it returned, known or not."""
    if segment.type == Segment.Type.SQL:
        return run_sql(segment.selection_sql)
    if segment.type == Segment.Type.FUNCTION:
        return call_function(segment.handler_function, segment.handler_parameters)
    raise SegmentError(_("Segments of conditions cannot be looked up yet."))


def customers_of(snapshot: SegmentSnapshot) -> QuerySet[Customer]:
    """Return the customers that a snapshot found."""
    members = snapshot.members.values("customer_id")
    return Customer.objects.active().filter(pk__in=members)


def fill_snapshot(snapshot: SegmentSnapshot) -> SegmentSnapshot:
    """Look the segment up and record who was found, or why that failed."""
    try:
        found = find_ids(snapshot.segment)
        with transaction.atomic():
            snapshot.customer_count = _write_members(snapshot, found.ids)
            snapshot.ignored_count = found.total - snapshot.customer_count
            _finish(snapshot, SegmentSnapshot.State.READY)
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
        if written > _WORTH_ANALYZING:
            cursor.execute("ANALYZE segment_snapshot_members")
        return written
