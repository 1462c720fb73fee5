"""The home page of the back office: figures that mean something, and what is wrong."""

from typing import Any

from django.http import HttpRequest

from marketing_os import health
from marketing_os.dashboard.checklist import checklist
from marketing_os.dashboard.failures import failures
from marketing_os.dashboard.funnels import MOST_MOVES, funnels
from marketing_os.dashboard.links import list_url, may
from marketing_os.dashboard.mails import KINDS, mails
from marketing_os.dashboard.people import people
from marketing_os.dashboard.problems import problems
from marketing_os.dashboard.runs import next_runs
from marketing_os.dashboard.workflows import workflows

_SPANS = (14, 30)


def fill_in(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Give the home page what this person may see; unfold's DASHBOARD_CALLBACK."""
    state = health.check()
    context.update(
        health=state,
        problems=problems(state),
        checklist=checklist(request),
        next_runs=next_runs(request),
        workflows=workflows(request),
        failures=failures(request),
        customers_url=list_url("customers_customer"),
        automations_url=list_url("automations_automation"),
        events_url=list_url("funnel_funnelevent"),
        deliveries_url=list_url("messaging_delivery"),
    )
    if may(request, "customers.view_customer"):
        context.update(sees_people=True, people=people())
    if may(request, "funnel.view_funnelevent"):
        found = funnels()
        context.update(
            sees_funnels=True,
            funnels=found.funnels if found else None,
            only_latest=MOST_MOVES if found and found.is_cut else 0,
        )
    if may(request, "messaging.view_delivery"):
        span = 30 if request.GET.get("days") == "30" else 14
        context.update(
            sees_mails=True, mails=mails(span), span=span, spans=_SPANS, kinds=KINDS
        )
    return context
