from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations import selectors, services
from automations.admin.badges import run_badge
from automations.admin.filters import RunFilterSet
from automations.admin.forecast import told
from automations.forms import SCHEDULE_MEDIA
from automations.models import AutomationRun
from automations.tasks import prepare_due_runs
from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.errors import DomainError
from marketing_os.lib.hints import wake
from messaging.admin.dispatches import progress_context
from messaging.models import Dispatch
from messaging.selectors import dispatch_counts, dispatch_progress
from messaging.services import pause_dispatch, resume_dispatch
from messaging.tasks import send_due_messages

STEER = "automations.change_automationrun"


@admin.register(AutomationRun)
class AutomationRunAdmin(ReadOnlyAdmin):
    list_display = (
        "due",
        "automation",
        "state_badge",
        "trigger",
        "audience",
        "finished_at",
    )
    list_display_links = ("due",)
    list_select_related = ("automation", "dispatch")
    sortable_by = ("due",)
    search_fields = ("automation__name",)
    search_placeholder = gettext_lazy("Name of the automation")
    filterset_class = RunFilterSet
    page_template = "admin/automations/run.html"
    empty_title = gettext_lazy("There are no runs yet.")
    empty_hint = gettext_lazy(
        "Each time an automation is due it gets a run here, with how far it is and "
        "what became of every message. Switch an automation on to see one."
    )

    @display(description=gettext_lazy("Due at"), ordering="scheduled_for")
    def due(self, run: AutomationRun) -> str:
        return selectors.local_words(run.automation, run.scheduled_for)

    @display(description=gettext_lazy("State"))
    def state_badge(self, run: AutomationRun) -> SafeString:
        return run_badge(run)

    @display(description=gettext_lazy("Audience"), empty_value="–")
    def audience(self, run: AutomationRun) -> int | None:
        return run.dispatch.audience_count if run.dispatch else None

    @property
    def media(self) -> Any:
        return super().media + SCHEDULE_MEDIA

    def get_urls(self) -> list[URLPattern]:
        def route(address: str, view: Any, name: str) -> Any:
            wrapped = self.admin_site.admin_view(view)
            return path(address, wrapped, name=f"automations_automationrun_{name}")

        return [
            route("<int:object_id>/progress/", self.progress_view, "progress"),
            route("<int:object_id>/cancel/", self.cancel_view, "cancel"),
            route("<int:object_id>/release/", self.release_view, "release"),
            route("<int:object_id>/steer/", self.steer_view, "steer"),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, obj: AutomationRun) -> dict[str, Any]:
        return {
            "run": obj,
            "due": selectors.local_words(obj.automation, obj.scheduled_for),
            "may_steer": request.user.has_perm(STEER),
            "may_run": request.user.has_perm("automations.run_automation"),
            "subtitle": _("Run"),
            "badge": run_badge(obj),
            # The run itself learns of its end with the next tick.
            "finished_at": obj.finished_at
            or (obj.dispatch.finished_at if obj.dispatch else None),
            "template": (obj.dispatch or obj.automation).template,
            **_progress(obj),
        }

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        run = self._found(request, object_id)
        context = {"run": run, **_progress(run)}
        return TemplateResponse(request, "admin/automations/run_progress.html", context)

    def cancel_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        run = self._found(request, object_id)
        if not request.user.has_perm(STEER):
            raise PermissionDenied
        context = {
            "title": _("Cancel this run?"),
            "run": run,
            "waiting": dispatch_progress(run.dispatch).waiting if run.dispatch else 0,
        }
        return self.page(request, "admin/automations/run_cancel.html", context)

    def release_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        run = self._found(request, object_id)
        if not request.user.has_perm("automations.run_automation"):
            raise PermissionDenied
        if run.dispatch is None or run.dispatch.state != Dispatch.State.HELD:
            return HttpResponseRedirect(run.get_absolute_url())
        counts = {
            (state, reason): count
            for state, reason, count in dispatch_counts(run.dispatch)
        }
        context = {
            "title": _("Release this run?"),
            "run": run,
            "surge": run.dispatch.stopped_because,
            **told(counts, selectors.difference_of_run(run)),
        }
        return self.page(request, "admin/automations/run_release.html", context)

    def steer_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        run = self._found(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        permission, verb = _VERBS.get(request.POST.get("verb", ""), (STEER, None))
        if not request.user.has_perm(permission):
            raise PermissionDenied
        try:
            if verb:
                said = verb(request, run)
                self.log_change(request, run, said)
                messages.success(request, said)
        except DomainError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(run.get_absolute_url())

    def _found(self, request: HttpRequest, object_id: int) -> AutomationRun:
        run = self.get_object(request, str(object_id))
        if run is None:
            raise Http404(_("This run does not exist."))
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run  # type: ignore[no-any-return]


def _progress(run: AutomationRun) -> dict[str, Any]:
    if run.dispatch is None:
        return {"dispatch": None, "poll_seconds": 2, "is_waiting": run.is_waiting}
    return progress_context(run.dispatch)


def _pause(request: HttpRequest, run: AutomationRun) -> str:
    pause_dispatch(_dispatch(run), by=request.user)  # type: ignore[arg-type]
    return _("The run is paused. What waits is kept until you go on.")


def _resume(request: HttpRequest, run: AutomationRun) -> str:
    resume_dispatch(_dispatch(run), by=request.user)  # type: ignore[arg-type]
    wake(send_due_messages)
    return _("The run goes on.")


def _release(request: HttpRequest, run: AutomationRun) -> str:
    services.release_run(run, by=request.user)  # type: ignore[arg-type]
    wake(send_due_messages)
    return _("The run is released and goes out.")


def _cancel(request: HttpRequest, run: AutomationRun) -> str:
    if run.dispatch is None:
        services.cancel_run(run)
        return _("The run is cancelled; nothing of it was sent.")
    was_held = run.dispatch.state == Dispatch.State.HELD
    services.discard_run(run, by=request.user)  # type: ignore[arg-type]
    if was_held:
        return _("The run is discarded; nothing of it was sent.")
    return _("The run is cancelled. What was sent stays sent.")


def _retry(request: HttpRequest, run: AutomationRun) -> str:
    services.retry_run(run, by=request.user)  # type: ignore[arg-type]
    wake(prepare_due_runs)
    return _("The run is tried again.")


def _dispatch(run: AutomationRun) -> Dispatch:
    if run.dispatch is None:
        raise DomainError(_("This run has no messages yet."))
    return run.dispatch


_VERBS: dict[str, tuple[str, Callable[[HttpRequest, AutomationRun], str]]] = {
    "pause": (STEER, _pause),
    "resume": (STEER, _resume),
    "release": ("automations.run_automation", _release),
    "cancel": (STEER, _cancel),
    "retry": ("automations.run_automation", _retry),
}
