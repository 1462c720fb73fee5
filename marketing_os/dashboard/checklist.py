"""The way from an empty system to the first mail, ticked off by what there is."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from automations.models import Automation, AutomationRun, Workflow
from customers.models import Customer
from marketing_os.dashboard.links import list_url, may, page_url
from marketing_os.lib.models import Dismissal
from messaging.models import Delivery, MessageTemplate
from segments.models import Segment

NOTICE = "checklist"


@dataclass(frozen=True)
class Step:
    """One step: whether it is done, and the page where it is done."""

    title: str
    hint: str
    button: str
    url: str
    is_done: bool


@dataclass(frozen=True)
class Checklist:
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def checklist(request: HttpRequest) -> Checklist | None:
    """Return the checklist of whoever can follow it, until all is done."""
    if not may(request, "imports.add_importjob", "automations.add_automation"):
        return None
    found = Checklist(_steps())
    if found.next_step is None or _is_dismissed(request):
        return None
    return found


def dismiss_checklist(user: Any) -> None:
    """Show the checklist to this person no more; twice is once."""
    Dismissal.objects.get_or_create(user=user, notice=NOTICE)


def _is_dismissed(request: HttpRequest) -> bool:
    who = request.user.pk or 0
    return Dismissal.objects.filter(user_id=who, notice=NOTICE).exists()


def _steps() -> tuple[Step, ...]:
    return (
        Step(
            _("Import customers"),
            _(
                "A CSV file from your LMS, CRM or a spreadsheet; you see what will "
                "happen before it does."
            ),
            _("Import a file"),
            page_url("customers_customer_import") or list_url("customers_customer"),
            Customer.objects.exists(),
        ),
        Step(
            _("Make a segment"),
            _("Say whom you want to reach: a list, an SQL query or a function."),
            _("New segment"),
            page_url("segments_segment_add"),
            Segment.objects.exists(),
        ),
        Step(
            _("Write a template"),
            _(
                "Begin with one of the ready-made mails and see it filled in for a real "
                "customer."
            ),
            _("New template"),
            page_url("messaging_messagetemplate_add"),
            MessageTemplate.objects.exists(),
        ),
        _switching_on(),
        Step(
            _("See the first mail"),
            _("Read in the mailbox or on the delivery's page what a customer got."),
            _("Open the mailbox"),
            page_url("messaging_mailbox") or list_url("messaging_delivery"),
            Delivery.objects.filter(
                state__in=(Delivery.State.ACCEPTED, Delivery.State.DELIVERED)
            ).exists(),
        ),
    )


def _switching_on() -> Step:
    is_done = (
        Automation.objects.filter(is_active=True).exists()
        or AutomationRun.objects.exists()
        or Workflow.objects.filter(is_enabled=True).exists()
    )
    if Workflow.objects.exists() and not Automation.objects.exists():
        return Step(
            _("Enable a workflow"),
            _("See what starts it and who would enter now, and let it begin."),
            _("Workflows"),
            list_url("automations_workflow"),
            is_done,
        )
    return Step(
        _("Switch an automation on"),
        _("Join segment and template, choose when, and activate it."),
        _("Automations"),
        list_url("automations_automation"),
        is_done,
    )
