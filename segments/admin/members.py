"""The list of a manual segment: one customer at a time, or a file of them."""

import csv
import io
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _

from customers.models import Customer
from imports.errors import UnknownEncodingError
from marketing_os.lib.errors import DomainError
from segments import services
from segments.admin.frame import VIEW_CUSTOMERS, page, tell_refusal, to_customers
from segments.forms import UploadForm
from segments.models import Segment

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

_ROWS_SHOWN = 200
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def add(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Put one customer on the list."""
    _insist_on_change(model_admin, request, segment)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        customer = services.find_customer(request.POST.get("customer", ""))
        added = services.add_members(segment, [customer])
    except DomainError as error:
        tell_refusal(request, error)
    else:
        words = (
            _("%s is on the list now.") if added else _("%s is on the list already.")
        )
        messages.success(request, words % customer)
        model_admin.log_change(request, segment, f"Added customer {customer.pk}.")
    return to_customers(segment)


def remove(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Take the ticked customers off the list."""
    _insist_on_change(model_admin, request, segment)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    ticked = [pk for pk in request.POST.getlist("customer") if pk.isdecimal()]
    customers = Customer.objects.filter(
        pk__in=[int(pk) for pk in ticked if len(pk) < 19]
    )
    try:
        removed = services.remove_members(segment, customers)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("Taken off the list: %s.") % removed)
        model_admin.log_change(request, segment, f"Took off customers {ticked}.")
    return to_customers(segment)


def upload(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Take a file of customers, and report what it did line by line."""
    _insist_on_change(model_admin, request, segment)
    form = UploadForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        report = _uploaded(segment, form)
    if report:
        words = f"Uploaded a file: {report.added} added, {report.removed} taken off."
        model_admin.log_change(request, segment, words)
    context = {
        "form": form,
        "report": report,
        "shown": report.unknown[:_ROWS_SHOWN] if report else [],
        "unknown_csv": _unknown_csv(report) if report and report.unknown else "",
    }
    return page(model_admin, request, segment, "admin/segments/upload.html", context)


def _uploaded(segment: Segment, form: UploadForm) -> services.UploadReport | None:
    data = form.cleaned_data
    try:
        return services.upload_members(
            segment,
            data["file"].file,
            replace=data["mode"] == "replace",
            encoding=data["encoding"],
        )
    except UnknownEncodingError as error:
        form.add_error("encoding", str(error))
    except DomainError as error:
        form.add_error("file", str(error))
    return None


def _insist_on_change(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> None:
    may_change = model_admin.has_change_permission(request, segment)
    if not (may_change and request.user.has_perm(VIEW_CUSTOMERS)):
        raise PermissionDenied
    if segment.type != Segment.Type.MANUAL:
        raise PermissionDenied


def _unknown_csv(report: services.UploadReport) -> str:
    """Return the rows that name no customer as the address of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("line", "column", "value", "reason"))
    for row in report.unknown:
        writer.writerow((row.line, row.column, _escaped(row.value), row.reason))
    return "data:text/csv;charset=utf-8," + quote(text.getvalue())


def _escaped(value: str) -> str:
    """Keep a spreadsheet from taking the value for a formula."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
