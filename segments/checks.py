"""What must hold before SQL segments may run."""

from typing import Any

import psycopg
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from segments.services.access import excess_rights, segment_login


@register(Tags.database)
@register(Tags.security, deploy=True)
def check_segment_role(**options: Any) -> list[CheckMessage]:
    """Refuse a role that may do more than read the views.

    No login at all is no fault: SQL segments are off then, and their page says so.
    """
    try:
        with segment_login().connect() as opened:
            found = excess_rights(opened)
    except (psycopg.OperationalError, DatabaseError):
        return []
    return [
        Error(
            f"The database role of SQL segments {what}.",
            hint="Give it a role of its own; see SEGMENTS_DATABASE_URL.",
            id="segments.E001",
        )
        for what in found
    ]
