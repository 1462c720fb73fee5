"""Make, change and delete segments."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from segments.errors import SegmentError
from segments.functions import find_function
from segments.models import Segment
from segments.selectors import uses_of
from segments.services.conditions import tree_for, tree_of

WRITE_SQL = "segments.write_sql"


@transaction.atomic
def save_segment(segment: Segment, *, by: User | None = None) -> Segment:
    """Store a new or changed segment; what does not belong to its type is emptied.

    Without `by` the product itself is at work. A user may add, change or drop SQL
    only with the permission for it, and use only attributes that they may see.
    """
    _forget_other_types(segment)
    stored = Segment.objects.select_for_update().filter(pk=segment.pk).first()
    if by is not None and _sql_of(stored) != _sql_of(segment):
        insist_on_sql_permission(by)
    if segment.type == Segment.Type.SQL and not segment.selection_sql.strip():
        raise SegmentError(_("Write a SELECT that returns the IDs of customers."))
    if segment.type == Segment.Type.FUNCTION:
        _check_function(segment)
    if segment.type == Segment.Type.CONDITIONS:
        _check_conditions(segment, stored, by)
    segment._history_user = by  # type: ignore[attr-defined]
    segment.save()
    return segment


@transaction.atomic
def delete_segment(segment: Segment, *, by: User | None = None) -> None:
    """Delete a segment with its list and snapshots, unless something uses it."""
    insist_on_unused(segment)
    segment._history_user = by  # type: ignore[attr-defined]
    segment.delete()


def insist_on_unused(segment: Segment) -> None:
    """Raise SegmentError, with the names, if something uses the segment."""
    uses = uses_of(segment)
    if uses:
        names = ", ".join(f"{use.kind.lower()} “{use.name}”" for use in uses[:5])
        raise SegmentError(
            _("“%(segment)s” is used by %(names)s, so it cannot be deleted.")
            % {"segment": segment, "names": names}
        )


def _forget_other_types(segment: Segment) -> None:
    if segment.type != Segment.Type.SQL:
        segment.selection_sql = ""
    if segment.type != Segment.Type.FUNCTION:
        segment.handler_function = ""
        segment.handler_parameters = {}
    if segment.type != Segment.Type.CONDITIONS:
        segment.conditions = {}


def _sql_of(segment: Segment | None) -> str:
    return segment.selection_sql if segment is not None else ""


def insist_on_sql_permission(user: User) -> None:
    """Raise SegmentError if the user may not write SQL."""
    if not user.has_perm(WRITE_SQL):
        raise SegmentError(_("You may not write SQL. Ask an administrator."))


def _check_conditions(
    segment: Segment, stored: Segment | None, by: User | None
) -> None:
    is_new = stored is None or stored.conditions != segment.conditions
    if by is not None and is_new:
        tree_for(segment.conditions, by=by, segment_id=segment.pk)
    else:
        tree_of(segment)


def _check_function(segment: Segment) -> None:
    function = find_function(segment.handler_function)
    if function is None:
        raise SegmentError(
            _("No function is registered under the name “%(name)s”.")
            % {"name": segment.handler_function}
        )
    function.arguments(segment.handler_parameters)
