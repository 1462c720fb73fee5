from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketing_os.lib.admin_site import site_page
from marketing_os.lib.hints import wake
from marketing_os.lib.registry import registry
from messaging import selectors
from messaging.admin.links import deliveries_url, require_permission
from messaging.models import Delivery, FrequencyCap, SendingHours, SendingSwitch
from messaging.services import hold_sending, release_sending
from messaging.tasks import send_due_messages


def sending_urls() -> list[URLPattern]:
    """Return the addresses of the switch that holds all sending."""
    wrap = admin.site.admin_view
    return [
        path("sending/", wrap(sending_view), name="messaging_sending"),
        path(
            "sending/<str:verb>/",
            wrap(require_POST(switch_view)),
            name="messaging_sending_switch",
        ),
    ]


def sending_view(request: HttpRequest) -> HttpResponse:
    require_permission(request, "messaging.view_dispatch")
    context = {
        "title": _("Sending"),
        "health": selectors.sending_health(),
        "may_hold": request.user.has_perm("messaging.hold_sending"),
        "unknown_url": deliveries_url(state=Delivery.State.UNKNOWN),
        "waiting_url": deliveries_url(state=Delivery.State.PENDING),
        **_rules_context(request),
    }
    return site_page(request, "messaging/dispatch_sending.html", context)


def _rules_context(request: HttpRequest) -> dict[str, Any]:
    """Return what holds marketing back for its receivers' sake, and how much waits."""
    counts = selectors.held_back()
    return {
        "hours": SendingHours.objects.filter(pk=1).first() or SendingHours(),
        "caps": FrequencyCap.objects.filter(is_active=True),
        "held_back": [
            {
                "words": Delivery.Reason(reason).label,
                "count": counts.get(reason, 0),
                "url": deliveries_url(state=Delivery.State.PENDING, reason=reason),
            }
            for reason in Delivery.HELD_BACK
        ],
        "may_see_hours": _may(request, "sendinghours"),
        "may_see_caps": _may(request, "frequencycap"),
    }


def _may(request: HttpRequest, model: str) -> bool:
    verbs = ("view", "change")
    return any(request.user.has_perm(f"messaging.{verb}_{model}") for verb in verbs)


def switch_view(request: HttpRequest, verb: str) -> HttpResponse:
    require_permission(request, "messaging.hold_sending")
    if verb == "hold":
        hold_sending(by=request.user)  # type: ignore[arg-type]
        said = _("All sending is held.")
        messages.warning(request, said)
    elif verb == "release":
        release_sending(by=request.user)  # type: ignore[arg-type]
        said = _("Sending goes on.")
        messages.success(request, said)
        wake(send_due_messages)
    else:
        raise Http404
    switch = SendingSwitch.objects.filter(pk=1)
    LogEntry.objects.log_actions(
        request.user.pk or 0, switch, CHANGE, change_message=said
    )
    return redirect("admin:messaging_sending")


registry.admin_pages.append(sending_urls)
