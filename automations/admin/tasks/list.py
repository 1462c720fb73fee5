from collections.abc import Callable, Collection
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.admin.tasks import pages
from automations.admin.tasks.badges import (
    due_words,
    name_of,
    priority_badge,
    status_badge,
)
from automations.admin.tasks.filters import StaffTaskFilterSet
from automations.models import StaffTask
from automations.services import tasks
from automations.services.assigning import active_staff
from customers import selectors
from marketing_os.lib.admin import ModelAdmin, action, display

_SHOWN = 90  # characters of a description in the list


@admin.register(StaffTask)
class StaffTaskAdmin(ModelAdmin):
    list_display = (
        "what",
        "customer_link",
        "assignee_name",
        "due",
        "priority_shown",
        "status_shown",
        "workflow",
        "next_step",
    )
    list_display_links = ("what",)
    list_select_related = ("customer", "assignee", "workflow")
    list_before_template = "admin/automations/tasks/above_list.html"
    sortable_by = ()
    search_fields = ("customer__email",)  # get_search_results asks the search vector
    search_placeholder = gettext_lazy("Name, e-mail, mobile or lead ID of the member")
    filterset_class = StaffTaskFilterSet
    autocomplete_fields = ("customer",)
    fields = ("description", "customer", "assignee", "due_date", "priority")
    actions = (
        "complete_selected",
        "reopen_selected",
        "take_selected",
        "assign_selected",
    )
    exported = (
        "customer.lms_lead_id",
        "customer_id",
        "description",
        "status",
        "priority",
        "assignee",
        "due_date",
        "workflow",
        "created_at",
        "completed_at",
    )
    empty_title = gettext_lazy("There are no tasks.")
    empty_hint = gettext_lazy(
        "Workflows make tasks when a member needs a person, and you can add one here."
    )

    @display(description=gettext_lazy("Task"))
    def what(self, task: StaffTask) -> str:
        return Truncator(task.description).chars(_SHOWN)

    @display(description=gettext_lazy("Member"), empty_value="–")
    def customer_link(self, task: StaffTask) -> SafeString | None:
        if task.customer is None:
            return None
        return format_html(
            '<a class="mos-link" href="{}">{}</a>',
            task.customer.get_absolute_url(),
            task.customer,
        )

    @display(description=gettext_lazy("Assignee"))
    def assignee_name(self, task: StaffTask) -> str:
        return name_of(task.assignee)

    @display(description=gettext_lazy("Due"))
    def due(self, task: StaffTask) -> SafeString | str:
        return due_words(task)

    @display(description=gettext_lazy("Priority"))
    def priority_shown(self, task: StaffTask) -> SafeString:
        return priority_badge(task)

    @display(description=gettext_lazy("Status"))
    def status_shown(self, task: StaffTask) -> SafeString:
        return status_badge(task)

    @display(description=gettext_lazy("One click"))
    def next_step(self, task: StaffTask) -> SafeString | str:
        return getattr(task, "button", "")

    def load_rows(self, request: HttpRequest, rows: list[StaffTask]) -> None:
        if self.has_change_permission(request):
            for task in rows:
                task.button = pages.button(task)  # type: ignore[attr-defined]

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return columns if self.has_change_permission(request) else columns[:-1]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What is to be done by its day, the overdue first; what was done newest first."""
        status = request.GET.get("status", "")
        is_open = status in ("", "overdue", *StaffTask.OPEN)
        return ("due_date", "id") if is_open else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StaffTask], search_term: str
    ) -> tuple[QuerySet[StaffTask], bool]:
        return selectors.search_rows(queryset, search_term), False

    def row_url(self, row: StaffTask) -> str:
        return row.get_absolute_url()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = pages.list_context(request) | (extra_context or {})
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    @action(description=gettext_lazy("Complete"), permissions=["change"])
    def complete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._change_selected(request, queryset, tasks.complete_tasks, _("Completed."))

    @action(description=gettext_lazy("Reopen"), permissions=["change"])
    def reopen_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._change_selected(request, queryset, tasks.reopen_tasks, _("Reopened."))

    @action(description=gettext_lazy("Assign to me"), permissions=["change"])
    def take_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.assign(request, _ids(queryset), request.user)

    @action(description=gettext_lazy("Assign to…"), permissions=["change"])
    def assign_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        if "assignee" not in request.POST:
            return pages.ask_assignee(self, request, queryset)
        form = pages.AssigneeForm(request.POST)
        if not form.is_valid():
            return pages.ask_assignee(self, request, queryset, form)
        self.assign(request, _ids(queryset), form.cleaned_data["assignee"])
        return None

    def assign(self, request: HttpRequest, ids: Collection[int], to: Any) -> None:
        changed = tasks.assign_tasks(ids, to)
        name = name_of(to)
        self.tell(request, changed, _("Assigned to %s.") % name)

    def _change_selected(
        self,
        request: HttpRequest,
        queryset: QuerySet[StaffTask],
        verb: Callable[[Collection[int]], list[int]],
        words: str,
    ) -> None:
        self.tell(request, verb(_ids(queryset)), words)

    def tell(self, request: HttpRequest, changed: Collection[int], words: str) -> None:
        """Note in the history of each task what was done, and say to how many."""
        if not changed:
            messages.warning(request, _("Nothing was to be changed."))
            return
        LogEntry.objects.log_actions(
            request.user.pk,  # type: ignore[arg-type]
            StaffTask.objects.filter(pk__in=changed),
            CHANGE,
            change_message=words,
        )
        counted = ngettext("%s task.", "%s tasks.", len(changed))
        messages.success(request, f"{words} {counted % f'{len(changed):,}'}")

    def get_urls(self) -> list[URLPattern]:
        def route(address: str, view: Any, name: str) -> Any:
            def handle(request: HttpRequest, object_id: int) -> HttpResponse:
                return view(self, request, object_id)  # type: ignore[no-any-return]

            wrapped = self.admin_site.admin_view(handle)
            return path(address, wrapped, name=f"automations_stafftask_{name}")

        return [
            route("<int:object_id>/view/", pages.show, "view"),
            route("<int:object_id>/steer/", pages.steer, "steer"),
            route("<int:object_id>/comment/", pages.comment, "comment"),
            route("<int:object_id>/hand-over/", pages.hand_over, "hand_over"),
            *super().get_urls(),
        ]

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "assignee":
            kwargs["queryset"] = active_staff().order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "assignee": request.user.pk,
            **super().get_changeform_initial_data(request),
        }

    def save_model(
        self, request: HttpRequest, obj: StaffTask, form: Any, change: bool
    ) -> None:
        tasks.save_task(obj)

    def response_post_save_add(
        self, request: HttpRequest, obj: StaffTask
    ) -> HttpResponse:
        return HttpResponseRedirect(obj.get_absolute_url())

    response_post_save_change = response_post_save_add


def _ids(queryset: QuerySet[StaffTask]) -> list[int]:
    return list(queryset.order_by().values_list("pk", flat=True))
