"""The bookings of one session on its page: who came, and a place for one more."""

from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from funnel import selectors
from funnel.forms import BookingForm
from funnel.models import Booking, Session
from funnel.services import book, mark_attendance
from funnel.services.attendance import is_to_come
from marketing_os.lib.admin import RelatedSearch
from marketing_os.lib.errors import DomainError

SOURCE = "admin"
_BOOKINGS_SHOWN = 200


def attendance_urls(model_admin: Any) -> list[URLPattern]:
    """Return the addresses of what is done on a session's page."""
    wrap = model_admin.admin_site.admin_view
    return [
        path(
            "<int:pk>/attendance/",
            wrap(require_POST(mark_view)),
            name="funnel_session_attendance",
        ),
        path(
            "<int:pk>/book/", wrap(require_POST(book_view)), name="funnel_session_book"
        ),
    ]


def attendance_context(request: HttpRequest, session: Session) -> dict[str, Any]:
    """Return what admin/funnel/attendance.html shows of a session."""
    may_see = request.user.has_perm("funnel.view_booking")
    bookings = session.bookings.select_related("customer").order_by("id")
    shown = list(bookings[: _BOOKINGS_SHOWN + 1]) if may_see else []
    all_url = reverse("admin:funnel_booking_changelist")
    return {
        "session": session,
        "may_see_bookings": may_see,
        "bookings": shown[:_BOOKINGS_SHOWN],
        "has_more": len(shown) > _BOOKINGS_SHOWN,
        "all_url": f"{all_url}?session={session.pk}",
        "counts": selectors.session_figures([session.pk]).get(session.pk, {}),
        "is_to_come": is_to_come(session),
        "may_mark": request.user.has_perm("funnel.change_booking"),
        "booking_form": _form()
        if request.user.has_perm("funnel.add_booking")
        else None,
    }


def _form(data: Any = None) -> BookingForm:
    form = BookingForm(data)
    field: Any = form.fields["customer"]
    widget = RelatedSearch(Booking._meta.get_field("customer"), admin.site)
    widget.choices = field.choices
    field.widget = widget
    return form


def mark_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark what was ticked or unticked since the page was shown, and nothing else."""
    if not request.user.has_perm("funnel.change_booking"):
        raise PermissionDenied
    session = get_object_or_404(Session, pk=pk)
    ticked = {int(key) for key in request.POST.getlist("came") if _is_id(key)}
    was = _shown(request)
    own = session.bookings.filter(pk__in=list(was)).values_list("pk", flat=True)
    changed = [key for key in own if (key in ticked) != was[key]]
    came = [key for key in changed if key in ticked]
    by: Any = request.user
    try:
        count = mark_attendance(came, True, source=SOURCE, by=by)
        absent = set(changed) - set(came)
        count += mark_attendance(absent, False, source=SOURCE, by=by)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        tell_marked(request, count)
    return redirect("admin:funnel_session_change", pk)


def _shown(request: HttpRequest) -> dict[int, bool]:
    """Return of each booking whether it stood on the page as attended."""
    pairs = (one.partition(":") for one in request.POST.getlist("shown"))
    return {
        int(key): was == "1"
        for key, _colon, was in islice(pairs, _BOOKINGS_SHOWN)
        if _is_id(key)
    }


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def book_view(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm("funnel.add_booking"):
        raise PermissionDenied
    session = get_object_or_404(Session, pk=pk)
    form = _form(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a customer to book for."))
        return redirect("admin:funnel_session_change", pk)
    customer = form.cleaned_data["customer"]
    try:
        book(customer, session, source=SOURCE)
        messages.success(request, _("%s has a place in this session.") % customer)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("admin:funnel_session_change", pk)


def tell_marked(request: HttpRequest, count: int) -> None:
    """Say of how many bookings the attendance changed."""
    if not count:
        messages.warning(request, _("Nothing was to be changed."))
        return
    words = ngettext(
        "The attendance of %s booking changed.",
        "The attendance of %s bookings changed.",
        count,
    )
    messages.success(request, words % f"{count:,}")
