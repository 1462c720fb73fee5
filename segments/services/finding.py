"""The IDs that a segment's rule returns, before they are checked against anything."""

import traceback
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from segments.errors import SegmentError
from segments.functions import SegmentFunction, find_function
from segments.models import Segment

_BIGGEST_ID = 2**63 - 1


@dataclass
class FoundIds:
    """What a rule returned: `ids` without the empty ones, `total` with them."""

    ids: "array[int]" = field(default_factory=lambda: array("q"))
    total: int = 0

    def add(self, ids: Iterable[int | None]) -> None:
        for found in ids:
            self.total += 1
            if found is not None:
                self.ids.append(found)


def find_ids(segment: Segment) -> FoundIds:
    """Run the rule of a segment and return what it found."""
    if segment.type == Segment.Type.FUNCTION:
        return call_function(segment.handler_function, segment.handler_parameters)
    raise SegmentError(_("Segments of this type cannot be looked up yet."))


def call_function(name: str, parameters: dict[str, Any]) -> FoundIds:
    """Call the function registered under `name` and return the IDs that it found."""
    function = find_function(name)
    if function is None:
        raise SegmentError(
            _("No function is registered under the name “%(name)s”.") % {"name": name}
        )
    try:
        with transaction.atomic():
            return _collect(_rows(function.find(**parameters)))
    except SegmentError:
        raise
    except Exception as error:
        raise _function_error(function, error) from error


def _rows(found: Any) -> Iterable[Any]:
    if isinstance(found, QuerySet):
        ids = found.order_by().values_list("pk", flat=True)
        return ids.iterator(chunk_size=10_000)
    return found  # type: ignore[no-any-return]


def _collect(rows: Iterable[Any]) -> FoundIds:
    found = FoundIds()
    for row in rows:
        if found.total >= settings.SEGMENT_ROW_LIMIT:
            raise too_many_rows()
        found.add((_as_id(row),))
    return found


def _as_id(row: Any) -> int | None:
    if isinstance(row, Model):
        row = row.pk
    if row is None:
        return None
    if isinstance(row, bool) or not isinstance(row, int):
        raise SegmentError(
            _(
                "The function returned something of type %(type)s where a customer ID "
                "was expected."
            )
            % {"type": type(row).__name__}
        )
    return row if 0 <= row <= _BIGGEST_ID else None


def too_many_rows() -> SegmentError:
    return SegmentError(
        _("The segment returns more than %(limit)s rows, which is the limit.")
        % {"limit": f"{settings.SEGMENT_ROW_LIMIT:,}"}
    )


def _function_error(function: SegmentFunction, error: Exception) -> SegmentError:
    frames = traceback.extract_tb(error.__traceback__)
    file = function.find.__code__.co_filename
    own = [frame for frame in frames if frame.filename == file]
    line = own[-1].lineno if own else None
    what = type(error).__name__
    # The text of a database error may quote a customer's data.
    if not isinstance(error, DatabaseError) and str(error):
        what = f"{what}: {str(error)[:200]}"
    return SegmentError(
        _("The function failed in %(file)s, line %(line)s: %(what)s")
        % {"file": Path(file).name, "line": line or "?", "what": what},
        line=line,
    )
