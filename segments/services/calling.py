"""Function segments: call what was registered, and say well what went wrong."""

import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from segments.errors import SegmentError
from segments.functions import SegmentFunction, find_function
from segments.services.deadlines import TookTooLongError, ended_after
from segments.services.found import FoundIds

_BIGGEST_ID = 2**63 - 1


def call_function(
    name: str, parameters: Mapping[str, Any], *, timeout: float | None = None
) -> FoundIds:
    """Call the function registered under `name` and return the IDs that it found.

    It is ended after `timeout` seconds. Raises SegmentError with the line in which
    it failed.
    """
    function = find_function(name)
    if function is None:
        raise SegmentError(
            _("No function is registered under the name “%(name)s”.") % {"name": name}
        )
    arguments = function.arguments(parameters)
    seconds = timeout or settings.SEGMENT_TIMEOUT_SECONDS
    try:
        with transaction.atomic(), ended_after(seconds):
            return _collect(function.find(**arguments))
    except SegmentError:
        raise
    except (Exception, SystemExit) as error:
        raise _explained(function, error, seconds) from error


def _collect(rows: Iterable[Any]) -> FoundIds:
    if isinstance(rows, QuerySet):
        ordered = rows.values_list("pk", flat=True)
        rows = ordered.iterator(chunk_size=10_000)
    found = FoundIds()
    for row in rows:
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
                "The function returned something of type “%(type)s” where a customer "
                "ID was expected."
            )
            % {"type": type(row).__name__}
        )
    return row if 0 < row <= _BIGGEST_ID else None


def _explained(
    function: SegmentFunction, error: BaseException, seconds: float
) -> SegmentError:
    file = function.find.__code__.co_filename
    frames = traceback.extract_tb(error.__traceback__)
    first = function.find.__code__.co_firstlineno
    own = [one.lineno or first for one in frames if one.filename == file]
    what = _reason(error, seconds)
    if not own:
        return SegmentError(_("The function failed. %s") % what)
    return SegmentError(
        _("The function failed in %(file)s, line %(line)s. %(what)s")
        % {"file": Path(file).name, "line": own[-1], "what": what},
        line=own[-1],
    )


def _reason(error: BaseException, seconds: float) -> str:
    if isinstance(error, TookTooLongError):
        return _("It was stopped because it took longer than %g seconds.") % seconds
    name = type(error).__name__
    # The text of a database error may quote a customer's data.
    if str(error) and not isinstance(error, DatabaseError):
        return f"{name}: {str(error)[:200]}"
    return name
