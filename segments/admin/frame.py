"""What the pages of one segment share."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from marketing_os.lib.hints import wake
from segments import services
from segments.models import Segment, SegmentSnapshot
from segments.tasks import refresh_segment

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

VIEW_CUSTOMERS = "customers.view_customer"


def page(
    model_admin: "SegmentAdmin",
    request: HttpRequest,
    segment: Segment,
    template: str,
    context: dict[str, Any],
) -> TemplateResponse:
    """Render a page of a segment with its head and its buttons."""
    segment = model_admin.get_queryset(request).get(pk=segment.pk)
    newest = segment.snapshots.first()
    under_way = (SegmentSnapshot.State.QUEUED, SegmentSnapshot.State.RUNNING)
    return model_admin.page(
        request,
        template,
        {
            "title": str(segment),
            "original": segment,
            "segment": segment,
            "is_list": segment.type == Segment.Type.MANUAL,
            "newest": newest,
            "is_under_way": newest is not None and newest.state in under_way,
            "latest": services.latest_snapshot(segment),
            "may_change": model_admin.has_change_permission(request, segment),
            "may_see_customers": request.user.has_perm(VIEW_CUSTOMERS),
            **context,
        },
    )


def ask_for_refresh(request: HttpRequest, segment: Segment) -> None:
    """Have a worker look the segment up, and tell a refusal to the person."""
    try:
        snapshot = services.request_refresh(segment, by=request.user)  # type: ignore[arg-type]
    except services.SegmentError as error:
        messages.error(request, str(error))
    else:
        wake(refresh_segment, snapshot.pk)


def to_customers(segment: Segment) -> HttpResponse:
    url = reverse("admin:segments_segment_customers", args=(segment.pk,))
    return HttpResponseRedirect(url)


def tell_refusal(request: HttpRequest, error: Exception) -> None:
    messages.error(request, str(error) or _("This did not work."))
