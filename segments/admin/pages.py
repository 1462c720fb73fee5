"""The pages of one segment: what it is, and who is in it."""

from dataclasses import dataclass
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
from segments.models import Segment, SegmentSnapshot

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

_SHOWN = 5
_CHART_WIDTH, _CHART_HEIGHT = 600, 120
_PER_PAGE = 50
_LONGEST_SEARCH = 200


def show(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """Show what a segment is, how it was looked up, and what uses it."""
    context = {
        "words": TYPE_WORDS.get(Segment.Type(segment.type), ""),
        "conditions": _conditions(segment),
        "chart": _chart(selectors.past_counts(segment)),
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
    if not request.user.has_perm("segments.change_segment"):
        raise PermissionDenied
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
    stored = segment.handler_parameters
    return [(one.label, one.words(stored)) for one in function.parameters]


@dataclass(frozen=True)
class _Conditions:
    """The conditions of a segment, said and compiled, or why that is impossible."""

    words: str = ""
    sql: str = ""
    error: str = ""


def _conditions(segment: Segment) -> _Conditions | None:
    if segment.type != Segment.Type.CONDITIONS:
        return None
    try:
        tree = services.tree_of(segment)
    except services.SegmentError as error:
        return _Conditions(error=str(error))
    return _Conditions(words=tree.words(), sql=services.shown_sql(tree))


def _chart(snapshots: list[SegmentSnapshot]) -> dict[str, Any] | None:
    """Place a bar for each look-up in the picture; None for fewer than 2."""
    if len(snapshots) < 2:
        return None
    highest = max(snapshot.customer_count for snapshot in snapshots)
    width = _CHART_WIDTH / len(snapshots)
    bars = [
        {
            "snapshot": snapshot,
            "x": round(place * width, 2),
            "width": round(width * 0.8, 2),
            "height": round(
                _CHART_HEIGHT * snapshot.customer_count / max(highest, 1), 2
            ),
        }
        for place, snapshot in enumerate(snapshots)
    ]
    for bar in bars:
        bar["y"] = round(_CHART_HEIGHT - bar["height"], 2)  # type: ignore[operator]
    return {"bars": bars, "highest": highest, "first": snapshots[0]}


def _sql_problem(segment: Segment) -> str:
    if segment.type != Segment.Type.SQL:
        return ""
    return services.access_problem()
