from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.admin.workflow import (
    changes,
    dry_run,
    editor,
    enabling,
    pages,
    verbs,
    why,
)
from automations.admin.workflow.badges import workflow_badge
from automations.admin.workflow.filters import WorkflowFilterSet
from automations.models import Workflow
from automations.services.workflow_shelf import delete_workflow, insist_on_unused
from automations.services.workflows import save_workflow
from automations.workflow_form import WorkflowForm
from automations.workflows.figures import Figures, figures_of
from automations.workflows.trigger_fields import trigger_words
from marketing_os.lib.admin import display
from marketing_os.lib.admin_pages import PagesAdmin


@admin.register(Workflow)
class WorkflowAdmin(PagesAdmin):
    form = WorkflowForm
    gone = gettext_lazy("This workflow does not exist any more.")
    list_display = (
        "name",
        "state",
        "started_by",
        "entered",
        "active",
        "completed",
        "converted",
        "failures",
    )
    list_display_links = ("name",)
    sortable_by = ("name",)
    search_fields = ("name", "description")
    search_placeholder = gettext_lazy("Name or description")
    filterset_class = WorkflowFilterSet
    change_form_template = "admin/automations/workflow/form.html"
    empty_title = gettext_lazy("There are no workflows yet.")
    empty_hint = gettext_lazy(
        "A workflow does something for each member at the right moment: it welcomes"
        " them, warns staff, offers a discount. Add one, or have a developer load a"
        " ready-made set with “manage.py load_pack training_club”."
    )

    class Media:
        css = {
            "all": (
                "messaging/messaging.css",
                "segments/segments.css",
                "automations/schedule.css",
                "automations/workflow.css",
            )
        }

    @display(description=gettext_lazy("State"))
    def state(self, workflow: Workflow) -> SafeString:
        return workflow_badge(workflow)

    @display(description=gettext_lazy("Started by"))
    def started_by(self, workflow: Workflow) -> str:
        return trigger_words(workflow.trigger)[0]

    @display(description=gettext_lazy("Entered"))
    def entered(self, workflow: Workflow) -> str:
        return intcomma(_figures(workflow).entered)

    @display(description=gettext_lazy("On the way"))
    def active(self, workflow: Workflow) -> str:
        figures = _figures(workflow)
        words = intcomma(figures.active + figures.paused)
        return _("%s (paused)") % words if figures.paused else words

    @display(description=gettext_lazy("Completed"))
    def completed(self, workflow: Workflow) -> str:
        return intcomma(_figures(workflow).completed)

    @display(description=gettext_lazy("Converted"))
    def converted(self, workflow: Workflow) -> str:
        return intcomma(_figures(workflow).converted)

    @display(description=gettext_lazy("Failures"))
    def failures(self, workflow: Workflow) -> str:
        return intcomma(_figures(workflow).failures)

    def load_rows(self, request: HttpRequest, rows: list[Workflow]) -> None:
        figures = figures_of(rows)
        for workflow in rows:
            workflow.figures = figures[workflow.pk]  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        return super().get_queryset(request).select_related("current_version")  # type: ignore[no-any-return]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Each is deleted on its own page, which says why it may not be.
        return {}

    def get_urls(self) -> list[URLPattern]:
        def whole(page: Callable[["WorkflowAdmin", HttpRequest], HttpResponse]) -> Any:
            return self.admin_site.admin_view(lambda request: page(self, request))

        return [
            path("check/", whole(editor.check), name="automations_workflow_check"),
            path(
                "why/", whole(why.of_customer), name="automations_workflow_of_customer"
            ),
            self.page_route("view/", pages.show, "view"),
            self.page_route("versions/", pages.versions, "versions"),
            self.page_route("changes/", changes.show, "changes"),
            self.page_route("duplicate/", verbs.duplicate_it, "duplicate"),
            self.page_route("archive/", verbs.archive_it, "archive"),
            self.page_route("enable/", enabling.enable_it, "enable"),
            self.page_route("disable/", verbs.disable_it, "disable"),
            self.page_route("dry-run/", dry_run.show, "dry_run"),
            self.page_route("check-now/", dry_run.check_now, "check_now"),
            self.page_route("look/", dry_run.look, "look"),
            self.page_route("why/", why.explain, "why"),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        workflow = self.get_object(request, object_id)
        if workflow is None:
            raise Http404(self.gone)
        return self.page_of(changes.show)(request, workflow.pk)

    def editor_context(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        return editor.context(request, form)

    def save_model(
        self, request: HttpRequest, obj: Workflow, form: WorkflowForm, change: bool
    ) -> None:
        request.version_before = obj.current_version_id  # type: ignore[attr-defined]
        save_workflow(obj, by=request.user)  # type: ignore[arg-type]

    def response_add(
        self, request: HttpRequest, obj: Workflow, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return self._after_save(request, obj)

    def response_change(
        self, request: HttpRequest, obj: Workflow, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return self._after_save(request, obj)

    def _after_save(self, request: HttpRequest, obj: Workflow) -> HttpResponse:
        before = getattr(request, "version_before", None)
        messages.success(request, editor.saved_words(obj, before))
        if "_continue" in request.POST:
            return HttpResponseRedirect(verbs.url_of(obj, "change"))
        if "_addanother" in request.POST:
            return HttpResponseRedirect("../add/" if not before else "../../add/")
        return HttpResponseRedirect(obj.get_absolute_url())

    def insist_on_unused(self, obj: Workflow) -> None:
        insist_on_unused(obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the workflow; what belongs to it alone goes with it."""
        needed = set() if self.has_delete_permission(request) else {_("workflow")}
        return [str(one) for one in objs], {_("workflows"): len(objs)}, needed, []

    def delete_model(self, request: HttpRequest, obj: Workflow) -> None:
        delete_workflow(obj, by=request.user)  # type: ignore[arg-type]


def _figures(workflow: Workflow) -> Figures:
    return workflow.figures  # type: ignore[attr-defined,no-any-return]
