"""The bookings of all sessions: who came, one or many at once."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_filters import ChoiceFilter, NumberFilter

from customers.admin.rows import WHO, CustomerRowsAdmin
from funnel import selectors
from funnel.admin.attendance import SOURCE, tell_marked
from funnel.admin.sessions import PaidFilter
from funnel.models import Booking
from funnel.services import cancel_booking, mark_attendance
from funnel.services.attendance import is_to_come
from imports.admin import ImportMixin
from marketing_os.lib.admin import action, display
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import (
    FromDayFilter,
    SearchFilterSet,
    SuggestFilter,
    ToDayFilter,
)

_MOST_AT_ONCE = 5_000
_YES, _NO, _TO_COME = gettext_lazy("Yes"), gettext_lazy("No"), gettext_lazy("To come")


class BookingFilterSet(SearchFilterSet):
    session = NumberFilter(
        "session_id",
        label=gettext_lazy("Session ID"),
        min_value=1,
        max_value=2**63 - 1,
    )
    group = SuggestFilter(
        "session__group__name",
        label=gettext_lazy("Group"),
        suggestions=selectors.group_names,
    )
    attended = ChoiceFilter(
        label=gettext_lazy("Attended"),
        empty_label=gettext_lazy("Any"),
        choices=(("True", gettext_lazy("Yes")), ("False", gettext_lazy("No"))),
    )
    price = PaidFilter("session__is_paid")
    from_day = FromDayFilter(
        "session__starts_at", label=gettext_lazy("Session starts from")
    )
    to_day = ToDayFilter("session__starts_at", label=gettext_lazy("Session starts to"))


@admin.register(Booking)
class BookingAdmin(ImportMixin, CustomerRowsAdmin):
    import_target = "bookings"
    list_display = ("customer_name", "group", "starts_at", "came", "booked_at")
    list_select_related = ("customer", "session__group")  # type: ignore[assignment]
    sortable_by = ()
    filterset_class = BookingFilterSet
    actions = ("mark_attended", "mark_absent")
    exported = (
        *WHO,
        "session_id",
        "session.group.name",
        "session.starts_at",
        "session.name",
        "attended",
        "booked_at",
    )
    page_template = "admin/funnel/booking.html"
    empty_title = gettext_lazy("There are no bookings yet.")
    empty_hint = gettext_lazy(
        "Book on the page of a session, import a CSV file of bookings, or let another"
        " system publish them."
    )

    @display(description=gettext_lazy("Group"))
    def group(self, booking: Booking) -> str:
        return booking.session.group.name

    @display(description=gettext_lazy("Session starts at"))
    def starts_at(self, booking: Booking) -> Any:
        return booking.session.starts_at

    @display(
        description=gettext_lazy("Attended"),
        label={_YES: "success", _TO_COME: "info"},
    )
    def came(self, booking: Booking) -> Any:
        if booking.attended:
            return _YES
        return _TO_COME if is_to_come(booking.session) else _NO

    @action(description=gettext_lazy("Mark as attended"), permissions=["mark"])
    def mark_attended(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        _mark_selected(request, queryset, True)

    @action(description=gettext_lazy("Mark as not attended"), permissions=["mark"])
    def mark_absent(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        _mark_selected(request, queryset, False)

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("funnel.change_booking"))

    def get_urls(self) -> list[URLPattern]:
        steer = self.admin_site.admin_view(require_POST(steer_view))
        return [
            path("<int:pk>/steer/", steer, name="funnel_booking_steer"),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, obj: Booking) -> dict[str, Any]:
        return {
            "booking": obj,
            "marks": obj.marks.select_related("by")[:50],
            "is_to_come": is_to_come(obj.session),
            "may_mark": self.has_mark_permission(request),
            "may_cancel": request.user.has_perm("funnel.delete_booking"),
        }


def _mark_selected(
    request: HttpRequest, queryset: QuerySet[Any], attended: bool
) -> None:
    ids = list(queryset.order_by().values_list("pk", flat=True)[: _MOST_AT_ONCE + 1])
    if len(ids) > _MOST_AT_ONCE:
        words = _("Choose at most %s bookings at once, or import a file.")
        messages.error(request, words % f"{_MOST_AT_ONCE:,}")
        return
    _mark(request, ids, attended)


def _mark(request: HttpRequest, ids: list[int], attended: bool) -> None:
    by: Any = request.user
    try:
        tell_marked(request, mark_attendance(ids, attended, source=SOURCE, by=by))
    except DomainError as error:
        messages.error(request, str(error))


def steer_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one booking, or cancel it, by the button that was pressed."""
    verb = request.POST.get("verb", "")
    needed = "delete" if verb == "cancel" else "change"
    if not request.user.has_perm(f"funnel.{needed}_booking"):
        raise PermissionDenied
    booking = get_object_or_404(Booking, pk=pk)
    if verb in ("attended", "absent"):
        _mark(request, [pk], verb == "attended")
    elif verb == "cancel":
        return _cancel(request, booking)
    return redirect("admin:funnel_booking_change", pk)


def _cancel(request: HttpRequest, booking: Booking) -> HttpResponse:
    try:
        cancel_booking(booking)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("admin:funnel_booking_change", booking.pk)
    messages.success(request, _("The booking is cancelled."))
    return redirect("admin:funnel_session_change", booking.session_id)
