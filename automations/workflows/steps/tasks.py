"""Tasks for staff, and whose they are."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.models import StaffTask
from automations.services.assigning import active_staff, by_load, trainers_of
from automations.workflows.batch import Batch
from automations.workflows.fields import Field, Kind, one_of, shown_for
from automations.workflows.steps.base import Step
from customers.models import Customer
from segments.conditions import Catalogue
from segments.conditions.entry import Entry

BY_TRAINER = "member_primary_trainer"
RULES = {
    BY_TRAINER: gettext_lazy("The member's own trainer"),
    "specific_staff_id": gettext_lazy("One member of staff"),
    "round_robin": gettext_lazy("Whoever has the fewest open tasks"),
}
MEMBER = "{member}"


@dataclass(frozen=True, kw_only=True)
class AssignTask(Step):
    """Give a member of staff a task about the member."""

    type: ClassVar[str] = "assign_task_to_staff"
    title: ClassVar[str | Promise] = gettext_lazy("Assign a task to staff")
    icon: ClassVar[str] = "assignment_ind"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "description",
            gettext_lazy("What is to be done"),
            Kind.LINES,
            default=gettext_lazy("Follow up with member {member}"),
            help=gettext_lazy("{member} stands for the member's name."),
        ),
        one_of("assignee_rule", gettext_lazy("Who does it"), RULES),
        Field(
            "staff_id",
            gettext_lazy("Member of staff"),
            Kind.CHOICE,
            choices=lambda: [
                (one.pk, one.get_full_name() or one.username)
                for one in active_staff().order_by("username")
            ],
            shown_for=shown_for("assignee_rule", "specific_staff_id"),
        ),
        Field(
            "due_date_offset_days",
            gettext_lazy("Due after days"),
            Kind.WHOLE,
            default=3,
        ),
        Field(
            "priority",
            gettext_lazy("Priority"),
            Kind.CHOICE,
            default=StaffTask.Priority.MEDIUM.value,
            choices=lambda: StaffTask.Priority.choices,
        ),
    )

    description: str
    assignee_rule: str
    staff_id: int
    due_date_offset_days: int
    priority: str

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        rule = entry.choice("assignee_rule", RULES, default=BY_TRAINER)
        staff_id = 0
        if rule == "specific_staff_id":
            staff_id = entry.whole("staff_id", least=1, most=2**31 - 1)
        offset = 3
        if entry.has("due_date_offset_days"):
            offset = entry.whole("due_date_offset_days", least=0, most=3_650)
        return cls(
            id=step_id,
            description=entry.text(
                "description", default=_("Follow up with member {member}")
            ),
            assignee_rule=rule,
            staff_id=staff_id,
            due_date_offset_days=offset,
            priority=entry.choice(
                "priority", StaffTask.Priority.values, default=StaffTask.Priority.MEDIUM
            ),
        )

    def missing(self) -> tuple[str, str] | None:
        if not self.staff_id or active_staff().filter(pk=self.staff_id).exists():
            return None
        return "staff_id", _("Choose a member of staff.")

    def run(self, batch: Batch) -> None:
        assignees = self._assignees(batch)
        due = localdate(batch.setting.now) + timedelta(days=self.due_date_offset_days)
        names = {
            one.pk: str(one)
            for one in Customer.objects.filter(pk__in=batch.customer_ids)
        }
        made = StaffTask.objects.bulk_create(
            StaffTask(
                customer_id=one.customer_id,
                assignee_id=assignees.get(one.customer_id),
                description=self.description.replace(
                    MEMBER, names.get(one.customer_id, "")
                ),
                priority=self.priority,
                due_date=due,
                workflow=batch.setting.workflow,
                source_key=batch.key_of(one),
            )
            for one in batch.members
        )
        batch.made["task"] = {
            one.enrolment_id: task.pk
            for one, task in zip(batch.members, made, strict=True)
        }
        nobodys = [one for one in batch.members if one.customer_id not in assignees]
        batch.fail(nobodys, self._nobody())

    def _assignees(self, batch: Batch) -> dict[int, int]:
        """Find a member of staff for each customer; some may have none."""
        customers = [one.customer_id for one in batch.members]
        if self.assignee_rule == BY_TRAINER:
            return trainers_of(customers)
        if self.assignee_rule == "round_robin":
            return by_load(customers)
        is_there = active_staff().filter(pk=self.staff_id).exists()
        return dict.fromkeys(customers, self.staff_id) if is_there else {}

    def _nobody(self) -> str:
        reasons = {
            BY_TRAINER: _("The member has no trainer who is on the staff."),
            "specific_staff_id": _("The member of staff is not active any more."),
            "round_robin": _("Nobody on the staff is active."),
        }
        return _("The task has no assignee. %s") % reasons[self.assignee_rule]

    def words(self) -> str:
        return _("Assign to staff: “%s”") % self.description
