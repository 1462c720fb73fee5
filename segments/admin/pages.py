"""The pages of one segment: what it is, and who is in it."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, Page, PageNotAnInteger
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)

from customers.models import Customer
from marketing_os.lib.pagination import EstimatePaginator
from segments import selectors, services
from segments.admin.frame import VIEW_CUSTOMERS, ask_for_refresh, page
from segments.forms import TYPE_WORDS
from segments.functions import find_function
from segments.models import Segment

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

_SHOWN = 5
_PER_PAGE = 50
_LONGEST_SEARCH = 200


def show(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Show what a segment is, how it was looked up, and what uses it."""
    context = {
        "words": TYPE_WORDS.get(Segment.Type(segment.type), ""),
        "function": find_function(segment.handler_function),
        "parameters": _parameters(segment),
        "snapshots": segment.snapshots.select_related("created_by")[:_SHOWN],
        "uses": selectors.uses_of(segment),
        "changes": segment.history.select_related("history_user")[:_SHOWN],
        "sql_problem": _sql_problem(segment),
        "owner_sql": services.owner_sql() if _sql_problem(segment) else "",
        "may_delete": model_admin.has_delete_permission(request, segment),
    }
    return page(model_admin, request, segment, "admin/segments/segment.html", context)


def customers(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """List who is in the segment as it was last looked up."""
    if not request.user.has_perm(VIEW_CUSTOMERS):
        raise PermissionDenied
    text = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    found = selectors.known_customers(segment).search(text)  # type: ignore[attr-defined]
    paginator = EstimatePaginator(found.order_by("-pk"), _PER_PAGE)
    if not text:
        paginator.count = segment.known_count or 0  # type: ignore[attr-defined]
    shown = _page_of(paginator, request.GET.get("p", "1"))
    context = {
        "text": text,
        "page": shown,
        "has_next": shown.has_next() or paginator.is_estimate,
    }
    return page(model_admin, request, segment, "admin/segments/customers.html", context)


def refresh(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Have the segment looked up by a worker."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    ask_for_refresh(request, segment)
    is_from_list = request.POST.get("from") == "customers"
    name = "customers" if is_from_list else "view"
    return HttpResponseRedirect(f"../{name}/")


def progress(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Tell the page's script how the newest look-up stands."""
    newest = segment.snapshots.first()
    if newest is None:
        return JsonResponse({"state": "none"})
    return JsonResponse({"state": newest.state, "words": newest.get_state_display()})


def _page_of(paginator: EstimatePaginator, number: str) -> "Page[Customer]":
    try:
        return paginator.page(int(number) if len(number) < 10 else 1)
    except (ValueError, EmptyPage, PageNotAnInteger):
        return paginator.page(1)


def _parameters(segment: Segment) -> list[tuple[str, Any]]:
    function = find_function(segment.handler_function)
    if function is None:
        return []
    return [
        (
            parameter.label,
            segment.handler_parameters.get(parameter.name, parameter.default),
        )
        for parameter in function.parameters
    ]


def _sql_problem(segment: Segment) -> str:
    if segment.type != Segment.Type.SQL:
        return ""
    return services.access_problem()
