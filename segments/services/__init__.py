"""The verbs of segments."""

from segments.errors import ConditionError, SegmentError
from segments.services.access import (
    access_problem,
    owner_sql,
    prepare_segment_access,
)
from segments.services.conditions import (
    Explanation,
    Verdict,
    explain,
    shown_sql,
    tree_for,
    tree_of,
)
from segments.services.editing import delete_segment, insist_on_unused, save_segment
from segments.services.evaluation import audience, latest_snapshot
from segments.services.members import (
    add_members,
    find_customer,
    forget_customer,
    remove_members,
)
from segments.services.refreshing import (
    clean_snapshots,
    queued_refreshes,
    request_refresh,
    run_refresh,
)
from segments.services.sandbox import check_sql
from segments.services.trying import (
    TRY_SECONDS,
    Trial,
    try_conditions,
    try_function,
    try_sql,
)
from segments.services.uploading import (
    MAX_UPLOAD_BYTES,
    UnknownRow,
    UploadReport,
    upload_members,
)

__all__ = [
    "MAX_UPLOAD_BYTES",
    "TRY_SECONDS",
    "ConditionError",
    "Explanation",
    "SegmentError",
    "Trial",
    "UnknownRow",
    "UploadReport",
    "Verdict",
    "access_problem",
    "add_members",
    "audience",
    "check_sql",
    "clean_snapshots",
    "delete_segment",
    "explain",
    "find_customer",
    "forget_customer",
    "insist_on_unused",
    "latest_snapshot",
    "owner_sql",
    "prepare_segment_access",
    "queued_refreshes",
    "remove_members",
    "request_refresh",
    "run_refresh",
    "save_segment",
    "shown_sql",
    "tree_for",
    "tree_of",
    "try_conditions",
    "try_function",
    "try_sql",
    "upload_members",
]
