"""The verbs of segments."""

from segments.errors import SegmentError
from segments.services.access import (
    access_problem,
    owner_sql,
    prepare_segment_access,
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
from segments.services.trying import TRY_SECONDS, Trial, try_function, try_sql
from segments.services.uploading import (
    MAX_UPLOAD_BYTES,
    UnknownRow,
    UploadReport,
    upload_members,
)

__all__ = [
    "MAX_UPLOAD_BYTES",
    "TRY_SECONDS",
    "SegmentError",
    "Trial",
    "UnknownRow",
    "UploadReport",
    "access_problem",
    "add_members",
    "audience",
    "check_sql",
    "clean_snapshots",
    "delete_segment",
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
    "try_function",
    "try_sql",
    "upload_members",
]
