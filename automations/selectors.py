"""What is known about automations without changing them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations.cron import parse_cron
from automations.cron_words import describe
from automations.models import Automation, AutomationRun
from customers.models import Customer
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import read_zone
from messaging.models import MessageTemplate


def template_problem(template: MessageTemplate) -> str:
    """Say why a template cannot be sent by an automation, or nothing."""
    if template.type != MessageTemplate.Channel.EMAIL:
        return _("%(channel)s sending is not available yet.") % {
            "channel": template.get_type_display()
        }
    if template.current_version_id is None:
        return _(
            "This template cannot be sent yet: open it, mend its errors and save it."
        )
    return ""


def schedule_words(automation: Automation) -> str:
    """Say when an automation runs, such as “At 09:00, every day.”"""
    if automation.schedule == Automation.Schedule.NOW:
        return _("Once, when it is sent.")
    if automation.schedule == Automation.Schedule.ONCE:
        return _("Once, %(time)s.") % {
            "time": local_words(automation, automation.run_at)
        }
    try:
        return describe(parse_cron(automation.cron))
    except DomainError as error:
        return str(error)


def policy_words(automation: Automation) -> str:
    """Say how often one customer gets it."""
    if automation.policy == Automation.Policy.ONCE:
        return _("Only once.")
    if automation.policy == Automation.Policy.EVERY_RUN:
        return _("At every run.")
    days = automation.again_after_days or 0
    return ngettext("Again after %(days)s day.", "Again after %(days)s days.", days) % {
        "days": days
    }


def misfire_words(automation: Automation) -> str:
    """Say what happens to slots that came while the system was down."""
    if automation.misfire == Automation.Misfire.LATEST:
        return _(
            "The latest missed run is sent if it is not older than %(minutes)s minutes."
        ) % {"minutes": automation.grace_minutes}
    if automation.misfire == Automation.Misfire.ALL:
        return _("Every missed run is sent.")
    return _("Missed runs are left out.")


def local_words(automation: Automation, at: datetime | None) -> str:
    """Write an instant as the clocks in the automation's zone show it, or “–”."""
    if at is None:
        return "–"
    try:
        local = at.astimezone(read_zone(automation.timezone))
    except DomainError:
        local = at
    is_this_year = local.year == timezone.now().year
    form = "D j M, H:i" if is_this_year else "D j M Y, H:i"
    return f"{date_format(local, form)} {local.tzname()}"


def latest_runs(automations: Iterable[Automation]) -> dict[int, AutomationRun]:
    """Return the newest run of each automation that has one, by the automation's ID."""
    found = (
        AutomationRun.objects.filter(automation__in=list(automations))
        .select_related("dispatch")
        .order_by("automation_id", "-scheduled_for")
        .distinct("automation_id")
    )
    return {run.automation_id: run for run in found}


def sent_runs(automation: Automation) -> QuerySet[AutomationRun]:
    """Return the runs that went out or are going out, the newest first."""
    return AutomationRun.objects.filter(
        automation=automation,
        state__in=(AutomationRun.State.SENDING, AutomationRun.State.DONE),
        dispatch__isnull=False,
    ).order_by("-scheduled_for", "-id")


@dataclass(frozen=True)
class Difference:
    """How an audience differs from that of the last run."""

    last: AutomationRun
    entered: int
    left: int


def difference_to_last(
    automation: Automation,
    audience: QuerySet[Customer],
    total: int,
    *,
    besides: AutomationRun | None = None,
) -> Difference | None:
    """Compare an audience of `total` customers with the last run's, if there was one."""
    last = (
        sent_runs(automation)
        .exclude(pk=besides.pk if besides else 0)
        .select_related("dispatch", "automation")
        .first()
    )
    if last is None or last.dispatch is None:
        return None
    stayed = last.dispatch.deliveries.filter(
        occurrence=0, customer__in=audience.values("pk")
    ).count()
    return Difference(last, total - stayed, last.dispatch.audience_count - stayed)


def difference_of_run(run: AutomationRun) -> Difference | None:
    """Compare whom a prepared run is about with the run before."""
    assert run.dispatch is not None
    audience = Customer.objects.filter(deliveries__dispatch=run.dispatch)
    total = run.dispatch.audience_count
    return difference_to_last(run.automation, audience, total, besides=run)
