"""Undoing an import: what it would do, what stands in the way, how far it is."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from imports import services
from imports.admin.mixin import job_to_act_on
from imports.admin.progress import UNDO_MOVING, undo_progress
from imports.models import ImportJob, ImportUndo
from imports.services.undoing import CONFLICTS_KEPT
from imports.tasks import work_on_imports
from marketing_os.lib.admin import ModelAdmin
from marketing_os.lib.errors import DomainError
from marketing_os.lib.hints import wake

CONFLICTS_SHOWN = 50


def may_undo(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("imports.undo_importjob"))


def job_to_undo(request: HttpRequest, pk: int) -> ImportJob:
    job = job_to_act_on(request, pk)
    if not may_undo(request):
        raise PermissionDenied
    return job


def undo_of(job: ImportJob) -> ImportUndo | None:
    return ImportUndo.objects.filter(job=job).select_related("asked_by").first()


def undo_until(job: ImportJob) -> datetime | None:
    """Tell until when what a job changed is kept; None when it cannot be undone."""
    if job.finished_at is None or not services.can_be_undone(job):
        return None
    return job.finished_at + timedelta(days=settings.IMPORT_UNDO_DAYS)


def answer_undo(
    request: HttpRequest, model_admin: ModelAdmin, job: ImportJob
) -> HttpResponse:
    """Show what undoing would do or how far it is, or take the next step."""
    if request.method == "POST":
        _take_step(request, job)
        return redirect(reverse("admin:imports_importjob_undo", args=(job.pk,)))
    undo = undo_of(job)
    if undo is None:
        return redirect(reverse("admin:imports_importjob_change", args=(job.pk,)))
    conflicts = Paginator(undo.conflicts.all(), CONFLICTS_SHOWN)
    context = {
        "title": _("Undo “%(name)s”") % {"name": job},
        "original": job,
        "job": job,
        "undo": undo,
        "is_moving": undo.state in UNDO_MOVING,
        "progress": undo_progress(undo),
        "would_undo": undo.removed_count + undo.restored_count,
        "conflicts": conflicts.get_page(request.GET.get("p")),
        "are_all_listed": undo.touched_count <= CONFLICTS_KEPT,
        "listed": CONFLICTS_KEPT,
        "until": undo_until(job),
    }
    return model_admin.page(request, "admin/imports/undo.html", context)


def _take_step(request: HttpRequest, job: ImportJob) -> None:
    by: Any = request.user
    steps = {
        "look": lambda: services.request_undo(job, by=by),
        "whole": lambda: services.confirm_undo(job, by=by),
        "rest": lambda: services.confirm_undo(job, skip_touched=True, by=by),
        "retry": lambda: services.retry_undo(job),
    }
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        raise PermissionDenied
    try:
        step()
        wake(work_on_imports)
    except DomainError as error:
        messages.error(request, str(error))


def answer_progress(job: ImportJob) -> JsonResponse:
    """Tell how far the undo of a job is, for the page that watches it."""
    undo = undo_of(job)
    return JsonResponse(undo_progress(undo) if undo else {"status": ""})
