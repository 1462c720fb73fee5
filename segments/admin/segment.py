from typing import Any

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import intcomma, naturaltime
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import ChoiceFilter

from marketing_os.lib.admin import display
from marketing_os.lib.admin_history import HistoryAdmin
from marketing_os.lib.admin_pages import PagesAdmin
from marketing_os.lib.filters import SearchFilterSet
from segments import selectors, services
from segments.admin import (
    builder,
    changes,
    editor,
    members,
    pages,
    tables,
    verdicts,
)
from segments.admin.frame import ask_for_refresh
from segments.forms import SegmentForm
from segments.models import Segment, SegmentSnapshot
from segments.services.editing import WRITE_SQL

TYPE_COLOURS = {
    Segment.Type.MANUAL: "",
    Segment.Type.SQL: "info",
    Segment.Type.FUNCTION: "primary",
    Segment.Type.CONDITIONS: "success",
}


class SegmentFilterSet(SearchFilterSet):
    type = ChoiceFilter(
        label=gettext_lazy("Type"),
        empty_label=gettext_lazy("Any"),
        choices=Segment.Type.choices,
    )


@admin.register(Segment)
class SegmentAdmin(HistoryAdmin, PagesAdmin):  # type: ignore[misc]
    form = SegmentForm
    gone = gettext_lazy("This segment does not exist any more.")
    list_display = ("name", "kind", "customer_count", "looked_up", "updated_at")
    list_display_links = ("name",)
    sortable_by = ("name", "updated_at")
    search_fields = ("name", "description")
    search_placeholder = gettext_lazy("Name or description")
    filterset_class = SegmentFilterSet
    change_form_template = "admin/segments/form.html"
    empty_title = gettext_lazy("There are no segments yet.")
    empty_hint = gettext_lazy(
        "A segment is a set of customers: a list that you keep, or a rule that finds"
        " them. Automations send to segments."
    )

    class Media:
        css = {"all": ("segments/segments.css",)}
        js = ("segments/segments.js",)

    @display(description=gettext_lazy("Type"), ordering="type", label=TYPE_COLOURS)
    def kind(self, segment: Segment) -> tuple[str, str]:
        return segment.type, segment.get_type_display()

    @display(description=gettext_lazy("Customers"))
    def customer_count(self, segment: Any) -> str:
        return "–" if segment.known_count is None else intcomma(segment.known_count)

    @display(description=gettext_lazy("Looked up"))
    def looked_up(self, segment: Any) -> str:
        if segment.type == Segment.Type.MANUAL:
            return _("Always current")
        if segment.last_state == SegmentSnapshot.State.FAILED:
            return _("The last look-up failed")
        if segment.counted_at is None:
            return _("Never")
        return str(naturaltime(segment.counted_at))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        return selectors.segments_with_counts()

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.may_write_sql = request.user.has_perm(WRITE_SQL)
        return form

    def get_urls(self) -> list[URLPattern]:
        try_out = self.admin_site.admin_view(
            lambda request: editor.try_out(self, request)
        )
        readable = self.admin_site.admin_view(
            lambda request: tables.show(self, request)
        )
        suggest = self.admin_site.admin_view(
            lambda request: builder.suggest(self, request)
        )
        of_customer = self.admin_site.admin_view(
            lambda request, pk: verdicts.of_customer(self, request, pk)
        )
        return [
            path("try/", try_out, name="segments_segment_try"),
            path("tables/", readable, name="segments_segment_tables"),
            path("suggest/", suggest, name="segments_segment_suggest"),
            self.page_route("view/", pages.show, "view"),
            self.page_route("customers/", pages.customers, "customers"),
            path("of/<int:pk>/", of_customer, name="segments_segment_of_customer"),
            self.page_route("history/", changes.history, "history"),
            self.page_route("explain/", verdicts.explain, "explain"),
            self.page_route("refresh/", pages.refresh, "refresh"),
            self.page_route("progress/", pages.progress, "progress"),
            self.page_route("upload/", members.upload, "upload"),
            self.page_route("members/add/", members.add, "members_add"),
            self.page_route("members/remove/", members.remove, "members_remove"),
            *super().get_urls(),
        ]

    def editor_context(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        return editor.context(request, form)

    def save_model(
        self, request: HttpRequest, obj: Segment, form: SegmentForm, change: bool
    ) -> None:
        services.save_segment(obj, by=request.user)  # type: ignore[arg-type]
        if obj.type != Segment.Type.MANUAL and form.has_changed():
            ask_for_refresh(request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the segments and what uses them, not each of a million members."""
        names = [f"{segment} ({segment.get_type_display()})" for segment in objs]
        uses = [
            _("“%(segment)s” is used by %(kind)s “%(name)s”")
            % {"segment": segment, "kind": use.kind, "name": use.name}
            for segment in objs
            for use in selectors.uses_of(segment)
        ]
        counts = {str(self.opts.verbose_name_plural): len(names)}
        needed = set() if self.has_delete_permission(request) else {_("segment")}
        return names, counts, needed, uses

    def insist_on_unused(self, obj: Segment) -> None:
        services.insist_on_unused(obj)

    def delete_model(self, request: HttpRequest, obj: Segment) -> None:
        services.delete_segment(obj, by=request.user)  # type: ignore[arg-type]

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Segment]
    ) -> None:
        for segment in queryset:
            self.delete_model(request, segment)
