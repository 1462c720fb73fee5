"""Groups and their sessions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from funnel import selectors
from funnel.admin.attendance import attendance_context, attendance_urls
from funnel.forms import SessionForm
from funnel.models import Group, Session
from funnel.services import save_session
from imports.admin import ImportMixin
from marketing_os.lib.admin import ModelAdmin, display
from marketing_os.lib.filters import (
    FromDayFilter,
    SearchFilterSet,
    SuggestFilter,
    ToDayFilter,
)

_SESSIONS_SHOWN = 20


class PaidFilter(ChoiceFilter):
    """Keep the sessions that are for paying members, or those that are free."""

    def __init__(self, field_name: str = "is_paid") -> None:
        super().__init__(
            field_name,
            label=_("Price"),
            empty_label=_("Any"),
            choices=(("paid", _("Paid")), ("free", _("Free"))),
        )

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(**{self.field_name: value == "paid"}) if value else qs


class SessionFilterSet(SearchFilterSet):
    group = SuggestFilter(
        "group__name", label=_("Group"), suggestions=selectors.group_names
    )
    price = PaidFilter()
    from_day = FromDayFilter("starts_at", label=_("Starts from"))
    to_day = ToDayFilter("starts_at", label=_("Starts to"))


class KeptWhileUsed(ModelAdmin):
    """Rows that can be deleted only while nothing hangs on them."""

    uses = ""

    def has_delete_permission(
        self, request: HttpRequest, obj: Any | None = None
    ) -> bool:
        may: bool = super().has_delete_permission(request, obj)
        return may and (obj is None or not getattr(obj, self.uses).exists())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)  # it would not ask row by row
        return actions


@admin.register(Group)
class GroupAdmin(ImportMixin, KeptWhileUsed):
    import_target = "groups"
    uses = "sessions"
    list_display = ("name", "session_count", "next_session")
    sortable_by = ("name",)
    search_fields = ("name", "description")
    search_placeholder = _("Name or description")
    fields = ("name", "description")
    change_form_outer_after_template = "admin/funnel/group_sessions.html"
    exported = ("id", "name", "description", "created_at")
    empty_title = _("There are no groups yet.")
    empty_hint = _("Add a group that holds sessions, or import a CSV file of groups.")

    @display(description=_("Sessions"))
    def session_count(self, group: Group) -> str:
        return f"{_figures(group).get('sessions', 0):,}"

    @display(description=_("Next session"), empty_value="–")
    def next_session(self, group: Group) -> Any:
        return _figures(group).get("next")

    def load_rows(self, request: HttpRequest, rows: list[Group]) -> None:
        figures = selectors.group_figures([group.pk for group in rows])
        for group in rows:
            group.figures = figures.get(group.pk, {})  # type: ignore[attr-defined]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        group = self.get_object(request, object_id)
        context = self._sessions(request, group) if group else {}
        return super().change_view(  # type: ignore[no-any-return]
            request, object_id, form_url, context | (extra_context or {})
        )

    def _sessions(self, request: HttpRequest, group: Group) -> dict[str, Any]:
        sessions = list(group.sessions.all()[: _SESSIONS_SHOWN + 1])
        counts = selectors.session_figures([one.pk for one in sessions])
        address = reverse("admin:funnel_session_add")
        may_add = request.user.has_perm("funnel.add_session")
        return {
            "sessions": [
                (one, counts.get(one.pk, {})) for one in sessions[:_SESSIONS_SHOWN]
            ],
            "has_more": len(sessions) > _SESSIONS_SHOWN,
            "add_url": f"{address}?group={group.pk}" if may_add else "",
        }


@admin.register(Session)
class SessionAdmin(ImportMixin, KeptWhileUsed):
    import_target = "sessions"
    uses = "bookings"
    form = SessionForm
    list_display = ("starts_at", "group", "name", "price", "booked", "attended")
    list_select_related = ("group",)
    sortable_by = ("starts_at",)
    autocomplete_fields = ("group",)
    search_fields = ("group__name", "name", "external_id")
    search_placeholder = _("Group, name or external ID")
    filterset_class = SessionFilterSet
    fields = ("group", "starts_at", "name", "minutes", "is_paid", "external_id")
    change_form_outer_after_template = "admin/funnel/attendance.html"
    exported = (
        "id",
        "group",
        "starts_at",
        "name",
        "minutes",
        "is_paid",
        "external_id",
    )
    empty_title = _("There are no sessions yet.")
    empty_hint = _(
        "Add a session of a group, import a CSV file of sessions, or let another"
        " system publish them."
    )

    @display(description=_("Price"), label={_("Paid"): "info"})
    def price(self, session: Session) -> Any:
        return _("Paid") if session.is_paid else _("Free")

    @display(description=_("Booked"))
    def booked(self, session: Session) -> str:
        return f"{_figures(session).get('booked', 0):,}"

    @display(description=_("Attended"))
    def attended(self, session: Session) -> str:
        return f"{_figures(session).get('attended', 0):,}"

    def load_rows(self, request: HttpRequest, rows: list[Session]) -> None:
        figures = selectors.session_figures([session.pk for session in rows])
        for session in rows:
            session.figures = figures.get(session.pk, {})  # type: ignore[attr-defined]

    def get_urls(self) -> list[Any]:
        return [*attendance_urls(self), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        session = self.get_object(request, object_id)
        context = attendance_context(request, session) if session else {}
        return super().change_view(  # type: ignore[no-any-return]
            request, object_id, form_url, context | (extra_context or {})
        )

    def save_model(
        self, request: HttpRequest, obj: Session, form: Any, change: bool
    ) -> None:
        save_session(obj)


def _figures(row: Any) -> dict[str, Any]:
    return getattr(row, "figures", {})
