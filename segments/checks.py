"""What must hold before segments may be looked up."""

from typing import Any

import psycopg
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from segments.functions import unloadable_modules
from segments.services.access import excess_rights, segment_login


@register(Tags.security)
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


@register()
def check_segment_functions(**options: Any) -> list[CheckMessage]:
    """Refuse modules of segment functions that cannot be imported."""
    return [
        Error(
            f"The segment functions of {module} could not be loaded. {why}",
            id="segments.E002",
        )
        for module, why in unloadable_modules().items()
    ]
