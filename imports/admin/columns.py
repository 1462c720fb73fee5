"""The second step of an import: what each column becomes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from imports import services
from imports.errors import MappingError
from imports.forms import ColumnsForm, FillInForm
from imports.models import ImportJob
from imports.targets import get_target
from imports.tasks import work_on_imports
from marketing_os.lib.admin import ModelAdmin
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import style
from marketing_os.lib.hints import wake


def answer_columns(
    request: HttpRequest, model_admin: ModelAdmin, job: ImportJob
) -> HttpResponse:
    """Show what each column becomes, or take it and have the file checked."""
    form = _columns_form(request, job)
    if request.method == "POST" and form.is_valid() and _ask_check(request, form):
        return redirect(reverse("admin:imports_importjob_change", args=(job.pk,)))
    fill_in = FillInForm(job)
    style(fill_in.fields["saved_mapping"].widget)
    context = {
        "title": str(job),
        "original": job,
        "job": job,
        "form": form,
        "target": get_target(job.target),
        "fill_in": fill_in,
        "missing_columns": services.missing_columns(job),
        "step": 2,
    }
    return model_admin.page(request, "admin/imports/columns.html", context)


def answer_fill_in(request: HttpRequest, job: ImportJob) -> HttpResponse:
    """Fill the columns in from the saved mapping that was chosen, or from none."""
    form = FillInForm(job, request.POST)
    try:
        if form.is_valid():
            services.use_mapping(job, form.cleaned_data["saved_mapping"])
        else:
            messages.error(request, _("That saved mapping is gone. Choose another."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(reverse("admin:imports_importjob_columns", args=(job.pk,)))


def _columns_form(request: HttpRequest, job: ImportJob) -> ColumnsForm:
    target = get_target(job.target)
    posted = request.POST if request.method == "POST" else None
    form = ColumnsForm(job, target, target.known_types(None), posted)
    if not request.user.has_perm("imports.add_savedmapping"):
        del form.fields["save_as"]
    for field in form.fields.values():
        style(field.widget)
    return form


def _ask_check(request: HttpRequest, form: ColumnsForm) -> bool:
    try:
        services.set_mapping(form.job, form.mapping(), form.options())
        _keep(request, form)
        services.request_check(form.job)
    except MappingError as error:
        form.add_column_error(error.column, str(error))
        return False
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    wake(work_on_imports)
    return True


def _keep(request: HttpRequest, form: ColumnsForm) -> None:
    name = form.cleaned_data.get("save_as", "").strip()
    if name:
        saved = services.save_mapping(form.job, name, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Saved as “%(name)s”.") % {"name": saved})
