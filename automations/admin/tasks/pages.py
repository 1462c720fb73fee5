"""The page of one task, its buttons, and the question to whom tasks are given."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.admin.tasks import wishes
from automations.admin.tasks.badges import (
    due_words,
    name_of,
    priority_badge,
    status_badge,
)
from automations.models import StaffTask
from automations.services import tasks
from automations.services.assigning import active_staff
from marketing_os.lib.admin import SELECT_CLASSES, TEXTAREA_CLASSES

if TYPE_CHECKING:
    from automations.admin.tasks.list import StaffTaskAdmin

# By the name of a button: the verb, and what is said of it.
_VERBS = {
    "start": (tasks.start_tasks, gettext_lazy("Begun.")),
    "complete": (tasks.complete_tasks, gettext_lazy("Completed.")),
    "reopen": (tasks.reopen_tasks, gettext_lazy("Reopened.")),
    "cancel": (tasks.cancel_tasks, gettext_lazy("Cancelled.")),
}


class AssigneeForm(forms.Form):
    """Asks for a member of staff, or nobody."""

    assignee: Any = forms.ModelChoiceField(
        label=gettext_lazy("Assignee"),
        queryset=active_staff().order_by("username"),
        required=False,
        empty_label=gettext_lazy("Nobody"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["assignee"]
        field.label_from_instance = name_of
        widget = field.widget
        widget.template_name = "unfold/widgets/select.html"
        widget.attrs["class"] = " ".join(SELECT_CLASSES)


class CommentForm(forms.Form):
    """Takes what somebody notes on a task."""

    text = forms.CharField(
        label=gettext_lazy("Add a comment"),
        max_length=tasks.LONGEST_COMMENT,
        widget=forms.Textarea({"rows": 3, "class": " ".join(TEXTAREA_CLASSES)}),
        error_messages={"required": gettext_lazy("Write what you want to note.")},
    )


def button(task: StaffTask) -> SafeString:
    """Make the button that completes or reopens a task from a list.

    It belongs to a form that stands beside the list, for in the list's own form a
    press of Enter would press it.
    """
    verb, words = ("complete", _("Complete"))
    if not task.is_open:
        verb, words = ("reopen", _("Reopen"))
    return format_html(
        '<button class="mos-button" form="task-verbs" formaction="{}" name="verb" '
        'value="{}" aria-label="{}">{}</button>',
        reverse("admin:automations_stafftask_steer", args=(task.pk,)),
        verb,
        f"{words}: {task.description[:80]}",
        words,
    )


def list_context(request: HttpRequest) -> dict[str, Any]:
    """Return what stands above the list: whose tasks it shows, and how many are mine."""
    mine = StaffTask.objects.open().filter(assignee_id=request.user.pk)
    is_mine = request.GET.get("assignee") == "me"
    return {
        "is_mine": is_mine,
        "mine": mine.count(),
        "overdue": mine.overdue().count(),
        "here": request.get_full_path(),
    }


def show(
    model_admin: "StaffTaskAdmin", request: HttpRequest, object_id: int
) -> HttpResponse:
    """Show one task with what was noted on it."""
    task = _found(model_admin, request, object_id)
    return _page(model_admin, request, task)


def steer(
    model_admin: "StaffTaskAdmin", request: HttpRequest, object_id: int
) -> HttpResponse:
    """Begin, complete, reopen, cancel or assign a task, as the pressed button says."""
    task = _changeable(model_admin, request, object_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    verb = request.POST.get("verb", "")
    if verb in _VERBS:
        work, words = _VERBS[verb]
        model_admin.tell(request, work([task.pk]), str(words))
    elif verb == "assign":
        form = AssigneeForm(request.POST)
        if form.is_valid():
            model_admin.assign(request, [task.pk], form.cleaned_data["assignee"])
        else:
            messages.error(request, _("Choose a member of staff."))
    return HttpResponseRedirect(_way_back(request, task))


def comment(
    model_admin: "StaffTaskAdmin", request: HttpRequest, object_id: int
) -> HttpResponse:
    """Note something on a task; what cannot be taken stays in the field."""
    task = _changeable(model_admin, request, object_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _page(model_admin, request, task, {"comment_form": form})
    tasks.comment_on_task(task, form.cleaned_data["text"], by=request.user)  # type: ignore[arg-type]
    return HttpResponseRedirect(f"{task.get_absolute_url()}#comments")


def hand_over(
    model_admin: "StaffTaskAdmin", request: HttpRequest, object_id: int
) -> HttpResponse:
    """Fulfil a member's wish for a copy of their data."""
    task = _changeable(model_admin, request, object_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return wishes.hand_over(model_admin, request, task)


def ask_assignee(
    model_admin: "StaffTaskAdmin",
    request: HttpRequest,
    queryset: QuerySet[StaffTask],
    form: AssigneeForm | None = None,
) -> HttpResponse:
    """Ask to whom the chosen tasks are given."""
    context = {
        "title": _("Assign tasks"),
        "form": form or AssigneeForm(),
        "count": queryset.count(),
        # What was chosen is sent once more, as it came.
        "chosen": request.POST.getlist("_selected_action"),
        "across": request.POST.get("select_across", "0"),
    }
    template = "admin/automations/tasks/assign.html"
    return model_admin.page(request, template, context)


def _page(
    model_admin: "StaffTaskAdmin",
    request: HttpRequest,
    task: StaffTask,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "title": str(task),
        "original": task,
        "task": task,
        "status": status_badge(task),
        "priority": priority_badge(task),
        "due": due_words(task),
        "assignee": name_of(task.assignee),
        "assign_form": AssigneeForm(initial={"assignee": task.assignee_id}),
        "comments": [
            (one, name_of(one.author)) for one in task.comments.select_related("author")
        ],
        "may_change": model_admin.has_change_permission(request, task),
        "comment_form": CommentForm(),
        "wish": wishes.wish_context(request, task),
        **(more or {}),
    }
    return model_admin.page(request, "admin/automations/tasks/task.html", context)


def _found(
    model_admin: "StaffTaskAdmin", request: HttpRequest, object_id: int
) -> StaffTask:
    task = model_admin.get_object(request, str(object_id))
    if task is None:
        raise Http404(_("This task does not exist any more."))
    if not model_admin.has_view_or_change_permission(request, task):
        raise PermissionDenied
    return task  # type: ignore[no-any-return]


def _changeable(
    model_admin: "StaffTaskAdmin", request: HttpRequest, object_id: int
) -> StaffTask:
    task = _found(model_admin, request, object_id)
    if not model_admin.has_change_permission(request, task):
        raise PermissionDenied
    return task


def _way_back(request: HttpRequest, task: StaffTask) -> str:
    """Lead back to the list or page on which the button stood."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}):
        return asked
    return task.get_absolute_url()
