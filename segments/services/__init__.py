"""The verbs of segments."""

from segments.errors import SegmentError
from segments.services.access import (
    access_problem,
    owner_sql,
    prepare_segment_access,
)
from segments.services.editing import delete_segment, save_segment
from segments.services.evaluation import audience, latest_snapshot
from segments.services.members import add_members, remove_members
from segments.services.refreshing import (
    clean_snapshots,
    queued_refreshes,
    request_refresh,
    run_refresh,
)
from segments.services.sandbox import check_sql
from segments.services.trying import Trial, try_function, try_sql

__all__ = [
    "SegmentError",
    "Trial",
    "access_problem",
    "add_members",
    "audience",
    "check_sql",
    "clean_snapshots",
    "delete_segment",
    "latest_snapshot",
    "owner_sql",
    "prepare_segment_access",
    "queued_refreshes",
    "remove_members",
    "request_refresh",
    "run_refresh",
    "save_segment",
    "try_function",
    "try_sql",
]
