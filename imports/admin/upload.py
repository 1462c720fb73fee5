"""The first step of an import: the file."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from imports.errors import UnknownEncodingError
from imports.forms import UploadForm
from imports.models import ImportJob
from imports.services import create_job
from imports.targets import Target
from imports.tasks import work_on_imports
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import style
from marketing_os.lib.hints import wake


def answer_upload(
    request: HttpRequest, model_admin: Any, targets: list[Target]
) -> HttpResponse:
    """Show the form, or take the file and lead on to its columns."""
    is_post = request.method == "POST"
    form = UploadForm(targets, *((request.POST, request.FILES) if is_post else ()))
    for field in form.fields.values():
        style(field.widget)
    job = _take(request, form) if is_post and form.is_valid() else None
    wants_json = request.headers.get("Accept") == "application/json"
    if job is not None:
        is_read = job.status != ImportJob.Status.READING
        page = "columns" if is_read else "change"
        url = reverse(f"admin:imports_importjob_{page}", args=(job.pk,))
        return JsonResponse({"url": url}) if wants_json else redirect(url)
    if wants_json and is_post:
        return JsonResponse({"errors": form.errors}, status=400)
    context = {
        "title": "Import",
        "form": form,
        "targets": targets,
        "steps": 1,
    }
    shown: HttpResponse = model_admin.page(
        request, "admin/imports/upload.html", context
    )
    return shown


def _take(request: HttpRequest, form: UploadForm) -> ImportJob | None:
    data = form.cleaned_data
    try:
        job = create_job(
            data["target"],
            data["file"],
            file_name=data["file"].name,
            source=ImportJob.Source.ADMIN,
            encoding=data["encoding"],
            delimiter=data["delimiter"],
            by=request.user,  # type: ignore[arg-type]
            in_background=True,
        )
        wake(work_on_imports)
        return job
    except UnknownEncodingError as error:
        form.add_error("encoding", str(error))
    except DomainError as error:
        form.add_error("file", str(error))
    return None
