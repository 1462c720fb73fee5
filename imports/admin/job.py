"""One import in the admin: its columns, its check, its run, its report."""

import io
import tempfile
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from imports import services
from imports.admin.columns import answer_columns, answer_fill_in
from imports.admin.mixin import job_to_act_on, job_to_see, may_import, may_see_rows
from imports.admin.progress import MOVING, job_progress
from imports.admin.undo import (
    answer_progress,
    answer_undo,
    job_to_undo,
    may_undo,
    undo_of,
    undo_until,
)
from imports.models import ImportJob
from imports.targets import all_targets, get_target
from imports.tasks import work_on_imports
from imports.words import describe, missing_fields
from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import (
    FromDayFilter,
    SearchFilterSet,
    ToDayFilter,
)
from marketing_os.lib.hints import wake

Status = ImportJob.Status
OPEN = (Status.READING, Status.UPLOADED, Status.CHECKING, Status.CHECKED)
STEPS = {Status.READING: 1, Status.UPLOADED: 2, Status.CHECKING: 3, Status.CHECKED: 3}
SHORT = {
    Status.READING: _("Being read"),
    Status.UPLOADED: _("Columns to say"),
    Status.CHECKING: _("Checking"),
    Status.CHECKED: _("To confirm"),
    Status.QUEUED: _("Waiting"),
    Status.RUNNING: _("Running"),
    Status.DONE: _("Imported"),
    Status.FAILED: _("Failed"),
    Status.CANCELLED: _("Cancelled"),
    Status.UNDOING: _("Being undone"),
    Status.UNDONE: _("Undone"),
}
ROWS_SHOWN = 50
CHECKED_ANEW = _(
    "This import was checked anew since you looked at it. Look at what would happen now."
)


class ImportFilterSet(SearchFilterSet):
    status = ChoiceFilter(
        label=_("Status"), empty_label=_("Any"), choices=Status.choices
    )
    target = ChoiceFilter(
        label=_("What the rows are"),
        empty_label=_("Anything"),
        choices=lambda: [(t.name, capfirst(t.label)) for t in all_targets()],
    )
    from_day = FromDayFilter("created_at", label=_("From"))
    to_day = ToDayFilter("created_at", label=_("To"))


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    list_display = (
        "file_name",
        "what",
        "state",
        "rows",
        "created",
        "updated",
        "refused",
        "created_by",
        "created_at",
    )
    list_select_related = ("created_by",)
    search_fields = ("file_name",)
    search_placeholder = _("File name")
    filterset_class = ImportFilterSet
    sortable_by = ("created_at", "file_name", "rows")
    page_template = "admin/imports/job.html"
    empty_title = _("Nothing was imported yet.")
    empty_hint = _("Use the Import button on the list of customers or events.")

    @display(description=_("What the rows are"))
    def what(self, job: ImportJob) -> str:
        return _target_label(job)

    @display(
        description=_("Status"),
        label={
            _("Imported"): "success",
            _("Failed"): "danger",
            _("Checking"): "info",
            _("Waiting"): "info",
            _("Running"): "info",
            _("Columns to say"): "warning",
            _("To confirm"): "warning",
            _("Being undone"): "info",
        },
    )
    def state(self, job: ImportJob) -> Any:
        return SHORT[Status(job.status)]

    @display(description=_("Rows"), ordering="rows_total")
    def rows(self, job: ImportJob) -> str:
        return f"{job.rows_total:,}"

    @display(description=_("Created"))
    def created(self, job: ImportJob) -> str:
        return f"{job.created_count:,}"

    @display(description=_("Updated"))
    def updated(self, job: ImportJob) -> str:
        return f"{job.updated_count:,}"

    @display(description=_("Refused"))
    def refused(self, job: ImportJob) -> str:
        return f"{job.rejected_count:,}"

    def get_urls(self) -> list[URLPattern]:
        views = {
            "columns": self.columns_view,
            "fill-in": self.fill_in_view,
            "confirm": self.confirm_view,
            "cancel": self.cancel_view,
            "progress": self.progress_view,
            "rejects": self.rejects_view,
            "undo": self.undo_view,
            "undo-progress": self.undo_progress_view,
        }
        return [
            *(
                path(
                    f"<int:pk>/{name}/",
                    self.admin_site.admin_view(view),
                    name=f"imports_importjob_{name}",
                )
                for name, view in views.items()
            ),
            *super().get_urls(),
        ]

    def columns_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = job_to_act_on(request, pk)
        if job.status not in OPEN or job.status == Status.READING:
            return _to_page(job)
        return answer_columns(request, self, job)

    def fill_in_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return answer_fill_in(request, job_to_act_on(request, pk, post=True))

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = job_to_act_on(request, pk, post=True)
        if request.POST.get("seen", job.seen) != job.seen:
            messages.error(request, str(CHECKED_ANEW))
            return _to_page(job)
        try:
            services.confirm_job(job, by=request.user)  # type: ignore[arg-type]
            wake(work_on_imports)
        except DomainError as error:
            messages.error(request, str(error))
        return _to_page(job)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = job_to_act_on(request, pk)
        if request.method == "POST":
            services.cancel_job(job)
        elif job.status in (*OPEN, *MOVING):
            return self._ask_whether_to_cancel(request, job)
        return _to_page(job)

    def _ask_whether_to_cancel(
        self, request: HttpRequest, job: ImportJob
    ) -> HttpResponse:
        context = {
            "title": gettext("Cancel “%(name)s”") % {"name": job},
            "original": job,
            "job": job,
            "is_running": job.status == Status.RUNNING,
        }
        return self.page(request, "admin/imports/cancel.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse(job_progress(job_to_see(request, pk)))

    def rejects_view(
        self, request: HttpRequest, pk: int
    ) -> HttpResponse | FileResponse:
        job = job_to_see(request, pk)
        if not may_see_rows(request, job):
            raise PermissionDenied
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        services.write_rejects(job, text)
        text.flush()
        text.detach()
        file.seek(0)
        name = f"rejects-{job.pk}.csv"
        return FileResponse(file, as_attachment=True, filename=name)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return answer_undo(request, self, job_to_undo(request, pk))

    def undo_progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return answer_progress(job_to_undo(request, pk))

    def page_context(self, request: HttpRequest, obj: ImportJob) -> dict[str, Any]:
        may_act = may_import(request, obj.target)
        would_write = obj.preview.get("created", 0) + obj.preview.get("updated", 0)
        rejects = Paginator(obj.rejects.order_by("line", "id"), ROWS_SHOWN)
        return {
            "job": obj,
            "what": _target_label(obj),
            "step": STEPS.get(obj.status, 4 if obj.status in MOVING else 5),  # type: ignore[call-overload]
            "is_moving": obj.status in MOVING,
            "may_act": may_act,
            "can_cancel": obj.status in (*OPEN, *MOVING),
            "may_see_rows": may_act,
            "progress": job_progress(obj),
            "progress_words": _progress_words(obj),
            "rejects": rejects.get_page(request.GET.get("p")),
            "rejects_kept": settings.IMPORT_REJECTS_KEPT,
            "undo": undo_of(obj),
            "undo_until": undo_until(obj),
            "may_undo": may_act and may_undo(request),
            "left_out": [c for c in obj.columns if not obj.mapping.get(c["name"])],
            "mapped": _mapped(obj),
            "missing_fields": missing_fields(obj),
            "would_write": would_write,
            "may_confirm": would_write
            and not (obj.options.get("all_or_nothing") and obj.preview.get("rejected")),
        }


def _progress_words(job: ImportJob) -> str:
    if job.status == Status.READING and not job.rows_done:
        return gettext(
            "A worker reads the file as soon as it is free. It goes on by itself; you"
            " may close this page."
        )
    if job.status == Status.CHECKING:
        return gettext(
            "A worker checks every row as soon as it is free. It goes on by itself; you"
            " may close this page."
        )
    if job.status == Status.QUEUED:
        return gettext(
            "Waiting for a worker. It goes on by itself as soon as one is free; you may"
            " close this page."
        )
    return gettext("%(done)s of %(all)s rows") % {
        "done": f"{job.rows_done:,}",
        "all": f"{job.rows_total:,}",
    }


def _mapped(job: ImportJob) -> list[tuple[str, str]]:
    """Pair the columns that are not left out with what they become, in words."""
    target = get_target(job.target)
    return [
        (column["name"], describe(target, job.mapping[column["name"]]))
        for column in job.columns
        if job.mapping.get(column["name"])
    ]


def _target_label(job: ImportJob) -> str:
    return next(
        (capfirst(t.label) for t in all_targets() if t.name == job.target), job.target
    )


def _to_page(job: ImportJob) -> HttpResponse:
    return redirect(reverse("admin:imports_importjob_change", args=(job.pk,)))
