"""The tasks about a customer, on the customer's page."""

from typing import Any

from django.db.models import Case, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from automations.admin.tasks import pages
from automations.admin.tasks.badges import due_words, name_of, status_badge
from automations.models import StaffTask
from marketing_os.lib.registry import Panel, registry

_ROWS = 10


def tasks_panel(request: HttpRequest, customer: Any) -> dict[str, Any] | None:
    """List what is still to be done first, then what was done."""
    if not request.user.has_perm("automations.view_stafftask"):
        return None
    closed = Case(When(status__in=StaffTask.OPEN, then=0), default=1)
    tasks = StaffTask.objects.filter(customer=customer).select_related("assignee")
    shown = tasks.order_by(closed, "due_date", "id")[: _ROWS + 1]
    may_change = request.user.has_perm("automations.change_stafftask")
    may_add = request.user.has_perm("automations.add_stafftask")
    return {
        "rows": [
            {
                "task": task,
                "status": status_badge(task),
                "due": due_words(task),
                "assignee": name_of(task.assignee),
                "button": pages.button(task) if may_change else "",
            }
            for task in shown[:_ROWS]
        ],
        "has_more": len(shown) > _ROWS,
        "may_change": may_change,
        "add_url": f"{reverse('admin:automations_stafftask_add')}?customer={customer.pk}"
        if may_add
        else "",
        "customer": customer,
    }


registry.customer_panels.append(
    Panel(
        "tasks",
        _("Staff tasks"),  # type: ignore[arg-type]
        "admin/automations/tasks/panel.html",
        tasks_panel,
        order=50,
    )
)
