"""The search section on top of the list of tasks."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, ModelChoiceFilter

from automations.models import StaffTask, Workflow
from automations.services.assigning import active_staff
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter

ME, NOBODY = "me", "nobody"
OVERDUE, EVERY = "overdue", "all"


class StatusFilter(ChoiceFilter):
    """Without a choice the list holds what is still to be done."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        tasks: Any = qs
        if not value:
            return tasks.open()  # type: ignore[no-any-return]
        if value == OVERDUE:
            return tasks.overdue()  # type: ignore[no-any-return]
        return qs if value == EVERY else qs.filter(status=value)


class AssigneeFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        if value == NOBODY:
            return qs.filter(assignee=None)
        user = self.parent.request.user
        return qs.filter(assignee_id=user.pk if value == ME else int(value))


def _people() -> Iterator[tuple[str, Any]]:
    yield ME, _("Me")
    yield NOBODY, _("Nobody")
    for user in active_staff().order_by("username"):
        yield str(user.pk), user.get_full_name() or user.get_username()


class StaffTaskFilterSet(SearchFilterSet):
    assignee = AssigneeFilter(
        label=_("Assignee"), empty_label=_("Anybody"), choices=_people
    )
    status = StatusFilter(
        label=_("Status"),
        empty_label=_("To be done"),
        choices=(
            (OVERDUE, _("Overdue")),
            *StaffTask.Status.choices,
            (EVERY, _("All")),
        ),
    )
    priority = ChoiceFilter(
        label=_("Priority"), empty_label=_("Any"), choices=StaffTask.Priority.choices
    )
    workflow = ModelChoiceFilter(
        label=_("Workflow"), empty_label=_("Any"), queryset=Workflow.objects.all()
    )
    due_from = FromDayFilter("due_date", label=_("Due from"))
    due_to = ToDayFilter("due_date", label=_("Due to"))
