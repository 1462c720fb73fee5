from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_filters import ChoiceFilter, ModelChoiceFilter

from marketing_os.lib.admin import ReadOnlyAdmin, action, display
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter
from marketing_os.lib.hints import wake
from messaging import explanations, selectors
from messaging.admin.badges import dispatch_badge
from messaging.admin.links import deliveries_url, origin_of, require_permission
from messaging.admin.results import export_view, results_context
from messaging.models import Delivery, Dispatch, MessageTemplate
from messaging.results.scope import of_dispatch
from messaging.services import (
    cancel_dispatch,
    pause_dispatch,
    resume_dispatch,
)
from messaging.tasks import send_due_messages

VERBS: dict[str, tuple[Callable[..., Dispatch], Any]] = {
    "pause": (pause_dispatch, gettext_lazy("“%(name)s” is paused.")),
    "resume": (resume_dispatch, gettext_lazy("“%(name)s” goes on.")),
    "cancel": (
        cancel_dispatch,
        gettext_lazy("“%(name)s” is cancelled. What was sent already stays sent."),
    ),
}

_GAVE_UP = gettext_lazy("What waited of “%(name)s” was given up.")


class DispatchFilterSet(SearchFilterSet):
    state = ChoiceFilter(
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("Any"),
        choices=Dispatch.State.choices,
    )
    template = ModelChoiceFilter(
        label=gettext_lazy("Template"),
        empty_label=gettext_lazy("Any"),
        queryset=MessageTemplate.objects.all(),
    )
    from_day = FromDayFilter("created_at", label=gettext_lazy("Created from"))
    to_day = ToDayFilter("created_at", label=gettext_lazy("Created to"))


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin):
    list_display = ("name", "state_badge", "progress", "template", "lane", "created_at")
    list_display_links = ("name",)
    list_select_related = ("template",)
    search_fields = ("name",)
    search_placeholder = gettext_lazy("Name of the dispatch")
    sortable_by = ("name", "created_at")
    filterset_class = DispatchFilterSet
    page_template = "messaging/dispatch.html"
    actions_list = ("open_sending",)
    empty_title = gettext_lazy("Nothing was sent yet.")
    empty_hint = gettext_lazy(
        "Each run of an automation is listed here, with what became of every message."
    )

    class Media:
        css = {"all": ("messaging/messaging.css",)}

    @action(description=gettext_lazy("Hold or release sending"), icon="pan_tool")
    def open_sending(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:messaging_sending")

    @display(description=gettext_lazy("state"), ordering="state")
    def state_badge(self, dispatch: Dispatch) -> SafeString:
        return dispatch_badge(dispatch)

    @display(description=gettext_lazy("progress"))
    def progress(self, dispatch: Dispatch) -> SafeString:
        waiting: int = dispatch.waiting  # type: ignore[attr-defined]
        audience: int = dispatch.audience  # type: ignore[attr-defined]
        done = audience - waiting
        return format_html(
            '<progress class="mos-progress" max="{}" value="{}"></progress> {} / {}',
            max(audience, 1),
            done if audience else 1,
            f"{done:,}",
            f"{audience:,}",
        )

    def load_rows(self, request: HttpRequest, rows: list[Dispatch]) -> None:
        waiting = selectors.waiting_of([dispatch.pk for dispatch in rows])
        audiences = selectors.audiences_of(rows)
        for dispatch in rows:
            dispatch.audience = audiences[dispatch.pk]  # type: ignore[attr-defined]
            dispatch.waiting = waiting.get(dispatch.pk, 0)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/progress/",
                wrap(self.progress_view),
                name="messaging_dispatch_progress",
            ),
            path(
                "<int:pk>/cancel/",
                wrap(self.cancel_view),
                name="messaging_dispatch_cancel",
            ),
            path(
                "<int:pk>/results/",
                wrap(require_POST(self.export_results_view)),
                name="messaging_dispatch_export_results",
            ),
            path(
                "<int:pk>/do/<str:verb>/",
                wrap(require_POST(self.verb_view)),
                name="messaging_dispatch_do",
            ),
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def page_context(self, request: HttpRequest, obj: Dispatch) -> dict[str, Any]:
        context = progress_context(obj)
        return {
            **context,
            **results_context(request, of_dispatch(obj), context["progress"].counts),
            "may_change": request.user.has_perm("messaging.change_dispatch"),
            "origin": origin_of(obj.source_key),
            "export_url": reverse(
                "admin:messaging_dispatch_export_results", args=(obj.pk,)
            ),
        }

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        dispatch = self._dispatch(request, pk)
        context = progress_context(dispatch)
        return TemplateResponse(request, "messaging/dispatch_progress.html", context)

    def export_results_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return export_view(request, of_dispatch(self._dispatch(request, pk)))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        dispatch = self._dispatch(request, pk)
        require_permission(request, "messaging.change_dispatch")
        context = {
            "title": (
                _("Give up what waits of “%(name)s”?")
                if dispatch.grows
                else _("Cancel “%(name)s”?")
            )
            % {"name": dispatch.name},
            "dispatch": dispatch,
            "waiting": selectors.waiting_of([dispatch.pk]).get(dispatch.pk, 0),
        }
        return self.page(request, "messaging/dispatch_cancel.html", context)

    def verb_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        dispatch = self._dispatch(request, pk)
        require_permission(request, "messaging.change_dispatch")
        if verb not in VERBS:
            raise Http404
        service, words = VERBS[verb]
        try:
            service(dispatch, by=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            if verb == "cancel" and dispatch.grows:
                words = _GAVE_UP
            said = str(words % {"name": dispatch.name})
            self.log_change(request, dispatch, said)
            messages.success(request, said)
            wake(send_due_messages)
        return redirect("admin:messaging_dispatch_change", pk)

    def _dispatch(self, request: HttpRequest, pk: int) -> Dispatch:
        require_permission(request, "messaging.view_dispatch")
        dispatch = Dispatch.objects.filter(pk=pk).first()
        if dispatch is None:
            raise Http404
        return dispatch


def _duration(seconds: float | None) -> str:
    """Say a length of time roughly, as a person would."""
    if seconds is None:
        return ""
    if seconds < 90:
        return _("about %(count)d s") % {"count": max(round(seconds), 1)}
    if seconds < 5400:
        return _("about %(count)d min") % {"count": round(seconds / 60)}
    return _("about %(count)d h") % {"count": round(seconds / 3600)}


def progress_context(dispatch: Dispatch) -> dict[str, Any]:
    """Return what messaging/dispatch_progress.html shows, on whichever page."""
    progress = selectors.dispatch_progress(dispatch)
    rows = [
        {
            "state": Delivery.State(state).label,
            "tone": explanations.tone(state),
            "reason": explanations.REASONS.get(reason, ""),
            "count": count,
            "percent": 100 * count / max(progress.total, 1),
            "url": deliveries_url(dispatch=dispatch.pk, state=state, reason=reason),
        }
        for state, reason, count in progress.counts
    ]
    return {
        "dispatch": dispatch,
        "progress": progress,
        "rows": rows,
        "time_left": _duration(progress.seconds_left),
        "is_later": bool(
            progress.next_due_at and progress.next_due_at > timezone.now()
        ),
        "badge": dispatch_badge(dispatch),
        "obstacles": selectors.obstacles(),
        "moves": dispatch.state == Dispatch.State.SENDING,
        # A large dispatch is counted in a single pass, which takes its time.
        "poll_seconds": 2 if progress.total < 50_000 else 10,
    }
