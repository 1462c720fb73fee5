"""How far a job or its undo is, as the pages that watch them ask for it."""

from typing import Any

from django.utils import timezone

from imports.models import ImportJob, ImportUndo
from marketing_os.lib.models import Heartbeat

Status = ImportJob.Status
State = ImportUndo.State
MOVING = (Status.READING, Status.CHECKING, Status.QUEUED, Status.RUNNING)
UNDO_MOVING = (State.CHECKING, State.UNDOING)


def job_progress(job: ImportJob) -> dict[str, Any]:
    """Tell how far a job is, for the page that watches it."""
    is_waiting = job.status in MOVING and not job.rows_done and not job.claimed_at
    rate = _rows_per_second(job)
    left = job.rows_total - job.rows_done
    return {
        "status": job.status,
        "label": job.get_status_display(),
        "is_moving": job.status in MOVING,
        "is_waiting": is_waiting,
        "worker_seen": _worker_seen() if is_waiting else None,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "percent": round(100 * job.rows_done / job.rows_total) if job.rows_total else 0,
        "created": job.created_count,
        "updated": job.updated_count,
        "unchanged": job.unchanged_count,
        "rejected": job.rejected_count,
        "rate": round(rate) if rate else None,
        "seconds_left": round(left / rate) if rate else None,
    }


def _rows_per_second(job: ImportJob) -> float:
    if job.started_at is None:
        return 0.0
    seconds = ((job.finished_at or timezone.now()) - job.started_at).total_seconds()
    return job.rows_done / seconds if seconds > 0 else 0.0


def _worker_seen() -> str | None:
    newest = Heartbeat.objects.order_by("-beat_at").first()
    return newest.beat_at.isoformat() if newest else None


def undo_progress(undo: ImportUndo) -> dict[str, Any]:
    """Tell how far an undo is, for the page that watches it."""
    is_waiting = undo.state in UNDO_MOVING and not undo.done
    return {
        "status": undo.state,
        "is_waiting": is_waiting,
        "worker_seen": _worker_seen() if is_waiting else None,
        "rows_total": undo.total,
        "rows_done": undo.done,
        "percent": round(100 * undo.done / undo.total) if undo.total else 0,
        "rate": None,
        "seconds_left": None,
    }
