"""The page of what SQL segments can read: tables, columns, examples to try."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from segments import selectors, services
from segments.models import Segment
from segments.services.editing import WRITE_SQL
from segments.sql_examples import EXAMPLES

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin


def show(model_admin: "SegmentAdmin", request: HttpRequest) -> HttpResponse:
    """Explain every view with its columns, and offer its examples."""
    if not model_admin.has_view_or_change_permission(request):
        raise PermissionDenied
    may_add = model_admin.has_add_permission(request)
    may_write = may_add and request.user.has_perm(WRITE_SQL)
    return model_admin.page(
        request,
        "admin/segments/tables.html",
        {
            "title": _("Tables for SQL segments"),
            "views": [
                {
                    "view": view,
                    "examples": [
                        {"example": one, "new_url": _new_url(one.sql)}
                        for one in EXAMPLES
                        if one.view == view.name
                    ],
                }
                for view in selectors.seg_views()
            ],
            "attributes": selectors.readable_attributes(),
            "may_write": may_write,
            "sql_problem": services.access_problem() if may_write else "",
        },
    )


def _new_url(text: str) -> str:
    filled_in = urlencode({"type": Segment.Type.SQL, "selection_sql": text})
    return f"{reverse('admin:segments_segment_add')}?{filled_in}"
