"""The pages of one automation: its view, and the question before a run by hand."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations import selectors, services
from automations.admin.badges import automation_badge, run_badge
from automations.admin.forecast import told_forecast
from automations.cron import parse_cron
from automations.models import Automation, Forecast
from automations.preview import clock_warning, upcoming
from automations.tasks import count_forecasts, prepare_due_runs
from marketing_os.lib.admin import ModelAdmin
from marketing_os.lib.errors import DomainError
from marketing_os.lib.hints import wake
from marketing_os.lib.zones import read_zone

_RUNS_SHOWN = 10
_SLOT_SALT = "automations.run"
_SLOT_LASTS = 24 * 3600  # seconds for which a page that asks can still be answered


def show(
    model_admin: ModelAdmin, request: HttpRequest, automation: Automation
) -> HttpResponse:
    """Show one automation: what it does, when it comes next, and its last runs."""
    runs = list(automation.runs.select_related("dispatch")[:_RUNS_SHOWN])
    for run in runs:
        run.due_words = selectors.local_words(automation, run.scheduled_for)  # type: ignore[attr-defined]
        run.badge = run_badge(run)  # type: ignore[attr-defined]
    context = {
        "badge": automation_badge(automation),
        "when": selectors.schedule_words(automation),
        "policy": selectors.policy_words(automation),
        "misfire": selectors.misfire_words(automation),
        "next_run": selectors.local_words(automation, services.next_run_at(automation)),
        "problem": selectors.template_problem(automation.template),
        "runs": runs,
        "runs_under_way": services.runs_under_way(automation),
        "may_change": model_admin.has_change_permission(request, automation),
        "may_run": request.user.has_perm("automations.run_automation"),
        **_coming(automation),
    }
    return _page(
        model_admin, request, automation, "admin/automations/automation.html", context
    )


def switch(
    model_admin: ModelAdmin, request: HttpRequest, automation: Automation
) -> HttpResponse:
    """Switch an automation on or off, as the button that was pressed says."""
    _insist_on_change(model_admin, request, automation)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if request.POST.get("to") == "on":
        activate_each(request, [automation])
    else:
        deactivate_each(request, [automation])
    return HttpResponseRedirect(automation.get_absolute_url())


def ask_and_run(
    model_admin: ModelAdmin, request: HttpRequest, automation: Automation
) -> HttpResponse:
    """Say whom a run by hand would reach, and start it when that is confirmed.

    The page carries the moment at which it was made as the slot of the run, so that
    pressing the button twice starts one run.
    """
    if not request.user.has_perm("automations.run_automation"):
        raise PermissionDenied
    slot = _slot(request.POST.get("slot", ""))
    try:
        if slot:
            run = services.run_now(automation, slot=slot, by=request.user)  # type: ignore[arg-type]
            wake(prepare_due_runs)
            return HttpResponseRedirect(run.get_absolute_url())
    except DomainError as error:
        context = {"problem": str(error)}
    else:
        context = look_ahead(request, automation)
    context["slot"] = signing.dumps(timezone.now().isoformat(), salt=_SLOT_SALT)
    return _page(
        model_admin, request, automation, "admin/automations/run_now.html", context
    )


def activate(
    model_admin: ModelAdmin, request: HttpRequest, automation: Automation
) -> HttpResponse:
    """Say whom an automation would reach, before it is switched on."""
    _insist_on_change(model_admin, request, automation)
    if automation.schedule == Automation.Schedule.NOW:
        return redirect("admin:automations_automation_run", automation.pk)
    if automation.is_active:
        return HttpResponseRedirect(automation.get_absolute_url())
    context = look_ahead(request, automation)
    context |= {"when": selectors.schedule_words(automation), **_coming(automation)}
    return _page(
        model_admin, request, automation, "admin/automations/activate.html", context
    )


def _insist_on_change(
    model_admin: ModelAdmin, request: HttpRequest, automation: Automation
) -> None:
    if not model_admin.has_change_permission(request, automation):
        raise PermissionDenied


def ask_and_activate_many(
    model_admin: ModelAdmin, request: HttpRequest, automations: list[Automation]
) -> HttpResponse:
    """Say of each chosen automation whom it would reach, before all are switched on."""
    context = {
        "title": _("Switch these on?"),
        "rows": [
            {"automation": one, **look_ahead(request, one)} for one in automations
        ],
    }
    return model_admin.page(request, "admin/automations/activate_many.html", context)


def look_ahead(request: HttpRequest, automation: Automation) -> dict[str, Any]:
    """Return the forecast in words; what takes long is left to a worker."""
    found = services.request_forecast(automation, by=request.user)  # type: ignore[arg-type]
    if found.counted_at is None:
        wake(count_forecasts)
    return told_forecast(found)


def forecast_waits(
    model_admin: ModelAdmin, request: HttpRequest, automation: Automation
) -> HttpResponse:
    """Show how long a count has been going on, for the page that waits for it."""
    found = Forecast.objects.filter(automation=automation).first()
    context = told_forecast(found) if found else {}
    return TemplateResponse(request, "admin/automations/forecast_waiting.html", context)


def activate_each(
    request: HttpRequest, automations: QuerySet[Automation] | list[Automation]
) -> None:
    for automation in automations:
        if automation.schedule == Automation.Schedule.NOW:
            sentence = _("It is sent by “Send now” on its page.")
            messages.warning(request, f"{automation.name}: {sentence}")
            continue
        try:
            services.activate(automation, by=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            messages.error(request, f"{automation.name}: {error}")
        else:
            next_run = services.next_run_at(automation)
            words = _("“%(name)s” is on. Its next run: %(time)s.") % {
                "name": automation.name,
                "time": selectors.local_words(automation, next_run),
            }
            messages.success(request, words)


def deactivate_each(
    request: HttpRequest, automations: QuerySet[Automation] | list[Automation]
) -> None:
    for automation in automations:
        _automation, under_way = services.deactivate(automation, by=request.user)  # type: ignore[arg-type]
        words = _("“%(name)s” is off.") % {"name": automation.name}
        if under_way:
            words += " " + ngettext(
                "%(count)s run is under way and goes on; cancel it on its page.",
                "%(count)s runs are under way and go on; cancel them on their pages.",
                under_way,
            ) % {"count": under_way}
        messages.success(request, words)


def _coming(automation: Automation) -> dict[str, Any]:
    if automation.schedule != Automation.Schedule.CRON:
        return {}
    try:
        cron, zone = parse_cron(automation.cron), read_zone(automation.timezone)
    except DomainError as error:
        return {"schedule_problem": str(error)}
    now = timezone.now()
    return {
        "upcoming": upcoming(cron, zone, now),
        "clock_warning": clock_warning(cron, zone, now),
    }


def _slot(token: str) -> datetime | None:
    try:
        text = signing.loads(token, salt=_SLOT_SALT, max_age=_SLOT_LASTS)
    except signing.BadSignature:
        return None
    return datetime.fromisoformat(text)


def _page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    automation: Automation,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    return model_admin.page(
        request,
        template,
        {
            "title": automation.name,
            "original": automation,
            "automation": automation,
            **context,
        },
    )
