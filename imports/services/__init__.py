"""The verbs of imports: one staged COPY engine for files and API rows alike.

A file: create_job → set_mapping → check_job (or request_check) → confirm_job →
run_job, with cancel_job and write_rejects; save_mapping keeps what its columns
become for the next file of its kind. Back again: request_undo → confirm_undo →
work_on_undo. A few rows: ingest_rows.
"""

from imports.services.appending import SHUT, Frame, Outcome, append_new
from imports.services.checking import check_job
from imports.services.cleaning import clean_up_imports
from imports.services.jobs import (
    cancel_job,
    confirm_job,
    request_check,
    set_mapping,
    suggest_mapping,
    use_mapping,
)
from imports.services.reading import create_job, read_job
from imports.services.rejects import count_rejects, write_rejects
from imports.services.rows import (
    RowResult,
    append_row,
    append_rows,
    appends,
    ingest_rows,
)
from imports.services.running import next_jobs, run_job, work_on_job
from imports.services.saved import (
    mappings_for,
    missing_columns,
    named_mapping,
    rename_mapping,
    save_mapping,
)
from imports.services.undoing import (
    can_be_undone,
    confirm_undo,
    next_undos,
    request_undo,
    retry_undo,
    work_on_undo,
)

__all__ = [
    "SHUT",
    "Frame",
    "Outcome",
    "RowResult",
    "append_new",
    "append_row",
    "append_rows",
    "appends",
    "can_be_undone",
    "cancel_job",
    "check_job",
    "clean_up_imports",
    "confirm_job",
    "confirm_undo",
    "count_rejects",
    "create_job",
    "ingest_rows",
    "mappings_for",
    "missing_columns",
    "named_mapping",
    "next_jobs",
    "next_undos",
    "read_job",
    "rename_mapping",
    "request_check",
    "request_undo",
    "retry_undo",
    "run_job",
    "save_mapping",
    "set_mapping",
    "suggest_mapping",
    "use_mapping",
    "work_on_job",
    "work_on_undo",
    "write_rejects",
]
