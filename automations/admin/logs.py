from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter

from automations.admin.badges import badge
from automations.admin.places import link_to
from automations.models import AutomationLog, Workflow
from automations.workflows.steps import STEPS
from automations.workflows.way import step_title, step_words
from customers.admin.rows import WHO, CustomerRowsAdmin
from marketing_os.lib.admin import display
from marketing_os.lib.filters import (
    FromDayFilter,
    IdFilter,
    SearchFilterSet,
    ToDayFilter,
)

# What a step may have made: the field of the log, its page and permission, its name.
_MADE = (
    ("delivery_id", "messaging_delivery", "messaging.view_delivery", _("Message")),
    ("task_id", "automations_stafftask", "automations.view_stafftask", _("Task")),
    ("offer_id", "customers_memberoffer", "customers.view_memberoffer", _("Offer")),
)
_OUTCOMES = (
    ("yes", _("Went well")),
    ("no", _("Failed")),
    ("given_up", _("Failed for good")),
)


class OutcomeFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "given_up":
            return qs.filter(success=False, will_retry=False)
        return qs.filter(success=value == "yes") if value else qs


class LogFilterSet(SearchFilterSet):
    workflow = ModelChoiceFilter(
        label=_("Workflow"), empty_label=_("Any"), queryset=Workflow.objects.all()
    )
    step = ChoiceFilter(
        label=_("Step"),
        empty_label=_("Any"),
        choices=lambda: [(name, kind.title) for name, kind in STEPS.items()],
    )
    success = OutcomeFilter(label=_("Outcome"), empty_label=_("Any"), choices=_OUTCOMES)
    from_day = FromDayFilter("executed_at", label=_("Executed from"))
    to_day = ToDayFilter("executed_at", label=_("Executed to"))
    customer = IdFilter("customer_id", _("Number of the customer"))
    enrolment = IdFilter("enrolment_id", _("Number of the enrolment"))
    step_id = CharFilter("step_id", label=_("ID of the step"), max_length=40)


@admin.register(AutomationLog)
class AutomationLogAdmin(CustomerRowsAdmin):
    list_display = (
        "executed_at",
        "customer_name",
        "workflow",
        "step_name",
        "outcome",
        "said",
        "made",
    )
    list_select_related = ("customer", "workflow")
    sortable_by = ()
    filterset_class = LogFilterSet
    page_template = "admin/automations/log.html"
    exported = (
        *WHO,
        "workflow",
        "version",
        "enrolment_id",
        "step",
        "step_id",
        "executed_at",
        "success",
        "will_retry",
        "error_message",
        "detail",
        "delivery_id",
        "task_id",
        "offer_id",
    )
    empty_title = _("No workflow has done anything yet.")
    empty_hint = _(
        "Each step that a workflow carries out for a customer is listed here, with what"
        " came of it. Enable a workflow to see one."
    )

    @display(description=_("Step"))
    def step_name(self, log: AutomationLog) -> str:
        return str(step_title(log.step))

    @display(description=_("Outcome"))
    def outcome(self, log: AutomationLog) -> SafeString:
        return outcome_badge(log)

    @display(description=_("Details"), empty_value="–")
    def said(self, log: AutomationLog) -> str | None:
        return log.error_message or log.detail or None

    @display(description=_("Made"), empty_value="–")
    def made(self, log: AutomationLog) -> SafeString | None:
        return made_links(log) or None

    def page_context(self, request: HttpRequest, obj: AutomationLog) -> dict[str, Any]:
        return {
            "log": obj,
            "subtitle": step_title(obj.step),
            "badge": outcome_badge(obj),
            "words": obj.enrolment and step_words(obj.enrolment.version, obj.step_id),
            "kind": step_title(obj.step),
            "made": [
                (title, link_to(page, pk, f"#{pk}"))
                for pk, page, permission, title in _made(obj)
                if request.user.has_perm(permission)
            ],
        }


def outcome_badge(log: AutomationLog) -> SafeString:
    """Show how a step went."""
    if log.success:
        return badge("good", str(_("Went well")))
    if log.will_retry:
        return badge("warning", str(_("Failed, is tried again")))
    return badge("danger", str(_("Failed")))


def made_links(log: AutomationLog) -> SafeString:
    """Link to what a step made."""
    found = [(link_to(page, pk, str(title)),) for pk, page, _may, title in _made(log)]
    return format_html_join(" ", "{}", found)


def _made(log: AutomationLog) -> list[tuple[int, str, str, Any]]:
    return [
        (pk, page, permission, title)
        for name, page, permission, title in _MADE
        if (pk := getattr(log, name))
    ]
