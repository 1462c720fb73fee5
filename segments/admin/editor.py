"""The form of a segment: what stands beside the fields, and trying it out."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from segments import selectors, services
from segments.admin import builder
from segments.admin.frame import VIEW_CUSTOMERS
from segments.forms import TYPE_WORDS, SegmentForm, TrialForm
from segments.models import Segment
from segments.sql_examples import EXAMPLES

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin


def context(request: HttpRequest, form: SegmentForm) -> dict[str, Any]:
    """Return what the form's template shows beside the fields."""
    problem = services.access_problem() if form.may_write_sql else ""
    views = selectors.seg_views()
    attributes = list(selectors.readable_attributes())
    segment = form.instance if form.instance.pk else None
    return {
        "offered": builder.context(request, segment),
        "type_words": {str(kind): words for kind, words in TYPE_WORDS.items()},
        "seg_views": views,
        "tables": [
            {
                "name": view.name,
                "info": view.comment,
                "columns": [
                    (column.name, column.type, column.comment)
                    for column in view.columns
                ],
            }
            for view in views
        ],
        "attributes": attributes,
        "attribute_names": [found.name for found in attributes],
        "examples": EXAMPLES,
        "sql_problem": problem,
        "owner_sql": services.owner_sql() if problem else "",
    }


def try_out(model_admin: "SegmentAdmin", request: HttpRequest) -> HttpResponse:
    """Run the rule that stands in the form, and save nothing."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    allowed = model_admin.has_change_permission(
        request
    ) or model_admin.has_add_permission(request)
    if not allowed:
        raise PermissionDenied
    found: dict[str, Any] = {}
    try:
        found["trial"] = _tried(request)
    except DomainError as error:
        found["error"] = error
        found["excerpt"] = _excerpt(request.POST.get("selection_sql", ""), error)
    found["may_see_customers"] = request.user.has_perm(VIEW_CUSTOMERS)
    return render(request, "admin/segments/trial.html", found)


def _tried(request: HttpRequest) -> services.Trial:
    form = TrialForm(request.POST)
    form.full_clean()
    kind = form.cleaned_data.get("type")
    if kind == Segment.Type.CONDITIONS:
        _insist_on_valid(form, "conditions")
        text = request.POST.get("segment", "")
        return services.try_conditions(
            form.cleaned_data["conditions"],
            by=request.user,  # type: ignore[arg-type]
            segment_id=int(text) if text.isdecimal() and len(text) < 19 else None,
        )
    if kind == Segment.Type.SQL:
        _insist_on_valid(form, "selection_sql")
        text = form.cleaned_data["selection_sql"]
        return services.try_sql(text, by=request.user)  # type: ignore[arg-type]
    if kind == Segment.Type.FUNCTION:
        _insist_on_valid(form, "handler_function", "parameter-")
        name = form.cleaned_data["handler_function"]
        return services.try_function(name, form.instance.handler_parameters)
    raise services.SegmentError(
        _("There is nothing to try; save the list and fill it.")
    )


def _insist_on_valid(form: TrialForm, *names: str) -> None:
    for name, errors in form.errors.items():
        if name.startswith(names):
            raise services.SegmentError(f"{form[name].label}: {errors[0]}")


def _excerpt(text: str, error: Exception) -> list[tuple[int, str, str]]:
    """Return the author's lines around the error, the pointer below the bad one."""
    line, column = getattr(error, "line", None), getattr(error, "column", None)
    lines = text.replace("\r\n", "\n").split("\n")
    if not (line and column and line <= len(lines)):
        return []
    first = max(1, line - 2)
    shown = [(number, lines[number - 1], "") for number in range(first, line)]
    return [*shown, (line, lines[line - 1], " " * (column - 1) + "^")]
