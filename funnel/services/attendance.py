"""Who came to the sessions that they booked: marks, and the activities they make."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from funnel.models import Booking, Session
from funnel.services.logs import ACTIVITIES
from imports.database import execute, fetch, fetch_value
from imports.services.casts import Reading
from imports.targets import Context
from marketing_os.lib.errors import DomainError

# People come before it begins.
EARLY = timedelta(hours=1)

# In the order of their ids, so that two who mark the same cannot block each other.
_LOCK = """
SELECT id FROM bookings WHERE id IN (SELECT booking_id FROM ({wanted}) AS w)
ORDER BY id FOR UPDATE
"""
# The activity of a booking has an identity that follows from the booking's id: it is
# written once, and found again when the mark is taken back.
_MARK = """
WITH changed AS MATERIALIZED (
    UPDATE bookings AS b SET attended = w.attended
    FROM ({wanted}) AS w (booking_id, attended), customers AS c
    WHERE b.id = w.booking_id AND b.attended <> w.attended
      AND c.id = b.customer_id AND c.erased_at IS NULL
    RETURNING b.id, b.customer_id, b.session_id, b.attended,
              md5('activities:booking:' || b.id)::uuid AS identity
),
marked AS (
    INSERT INTO attendance_marks (booking_id, attended, source, by_id)
    SELECT id, attended, {source}, {by}::integer FROM changed ORDER BY id
),
came AS MATERIALIZED (
    SELECT changed.id AS line, changed.customer_id AS owner_id, 'create' AS action,
           nextval(pg_get_serial_sequence('activities', 'id')) AS subject_id,
           {name}::text AS name, least(s.starts_at, now()) AS occurred_at,
           NULL::numeric AS amount, jsonb_build_object('group', g.name,
               'session', s.name, 'session_id', s.id, 'paid', s.is_paid) AS extra,
           'booking:' || changed.id AS external_id,
           changed.identity
    FROM changed JOIN sessions AS s ON s.id = changed.session_id
    JOIN groups AS g ON g.id = s.group_id WHERE changed.attended
),
{added},
removed AS (
    DELETE FROM activities AS a USING changed
    WHERE NOT changed.attended AND a.identity = changed.identity
    RETURNING a.id
),
untold AS (
    DELETE FROM event_outbox AS o USING removed
    WHERE o.kind = 'activity' AND o.payload -> 'activity_id' = to_jsonb(removed.id)
)
SELECT count(*) FROM changed
"""


@transaction.atomic
def mark_attendance(
    booking_ids: Iterable[int], attended: bool, *, source: str, by: User | None = None
) -> int:
    """Say of bookings that their customers came, or did not; return how many changed.

    Who came gets an activity, once per booking, which goes when the mark is taken
    back; both marks stay on record. Raises DomainError while a session is to come.
    """
    ids = [int(pk) for pk in booking_ids]
    begun = timezone.now() + EARLY
    bookings = Booking.objects.filter(pk__in=ids)
    if attended and bookings.filter(session__starts_at__gt=begun).exists():
        raise DomainError(_("Nobody can have attended a session that is to come."))
    wanted = sql.SQL("SELECT unnest({}::bigint[]), {}").format(
        sql.Literal(ids), sql.Literal(attended)
    )
    context = Context(source=source, reading=Reading(), is_live=True)
    return write_marks(wanted, context, by=by)


def is_to_come(session: Session) -> bool:
    """Tell whether a session is too far ahead to be attended."""
    return session.starts_at > timezone.now() + EARLY


def write_marks(
    wanted: sql.Composable, context: Context, *, by: User | None = None
) -> int:
    """Write a SELECT of (booking_id, attended), in the transaction that is open.

    Returns how many bookings changed; those of erased customers do not.
    """
    named = sql.SQL("SELECT * FROM ({}) AS named (booking_id, attended)").format(wanted)
    fetch(sql.SQL(_LOCK).format(wanted=named))
    came = sql.Identifier("came")
    return int(
        fetch_value(
            sql.SQL(_MARK).format(
                wanted=wanted,
                source=sql.Literal(context.source[:100]),
                by=sql.Literal(by.pk if by else None),
                name=sql.Literal(settings.CLASS_ATTENDED_ACTIVITY),
                added=ACTIVITIES.added(came, came, context, True),
            )
        )
    )


def delete_bookings(booking_ids: sql.Composable, context: Context) -> int:
    """Delete a SELECT of bookings with all that hangs on them; return how many."""
    none_came = sql.SQL("SELECT id, false FROM ({}) AS gone (id)").format(booking_ids)
    write_marks(none_came, context)
    for statement in (
        "DELETE FROM attendance_marks WHERE booking_id IN ({})",
        "DELETE FROM bookings WHERE id IN ({})",
    ):
        count = execute(sql.SQL(statement).format(booking_ids))
    return count
