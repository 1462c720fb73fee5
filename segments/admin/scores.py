"""The pages of scores: how good they are, and what counts."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketing_os.lib.admin_site import site_page
from marketing_os.lib.hints import wake
from marketing_os.lib.registry import registry
from segments.admin.score_charts import bars, calibration_chart, weights_of
from segments.models import CustomerScore, ScoreRefresh, ScoreSettings
from segments.score_forms import ScoreSettingsForm
from segments.scores import selectors
from segments.services.scores import request_score_refresh, save_score_settings
from segments.tasks import refresh_waiting_scores

VIEW = "segments.view_scorerefresh"
REFRESH = "segments.change_scorerefresh"
CHANGE_SETTINGS = "segments.change_scoresettings"
_SHOWN = 10


def scores_urls() -> list[URLPattern]:
    """Return the addresses of the pages of scores."""
    wrap = admin.site.admin_view
    return [
        path("segments/scores/", wrap(scores_view), name="segments_scores"),
        path(
            "segments/scores/refresh/",
            wrap(require_POST(refresh_view)),
            name="segments_scores_refresh",
        ),
        path(
            "segments/scores/progress/",
            wrap(progress_view),
            name="segments_scores_progress",
        ),
        path(
            "segments/scores/settings/",
            wrap(settings_view),
            name="segments_scores_settings",
        ),
    ]


def scores_view(request: HttpRequest) -> HttpResponse:
    _require(request, VIEW)
    current, newest = selectors.current_refresh(), selectors.newest_refresh()
    figures = current.figures if current else {}
    known = selectors.known_activity_names()
    context = {
        "current": current,
        "newest": newest,
        "progress": progress_words(newest),
        "figures": figures,
        "lesson_end": _day(figures.get("lesson")),
        "exam_end": _day(figures.get("exam")),
        "is_model": bool(current and current.method == ScoreRefresh.Method.MODEL),
        "calibration": calibration_chart(figures.get("calibration", [])),
        "distribution": bars(figures.get("distribution", [])),
        "levels": _levels(figures.get("levels", [])),
        "weights": weights_of(figures.get("weights", {})),
        "names": known,
        "nothing_counts": not any(one.is_purchase or one.is_visit for one in known),
        "refreshes": ScoreRefresh.objects.select_related("requested_by")[:_SHOWN],
        "may_refresh": request.user.has_perm(REFRESH),
        "may_change": request.user.has_perm(CHANGE_SETTINGS),
    }
    return _page(request, _("Scores"), "admin/segments/scores.html", context)


def refresh_view(request: HttpRequest) -> HttpResponse:
    _require(request, REFRESH)
    request_score_refresh(by=request.user)  # type: ignore[arg-type]
    wake(refresh_waiting_scores)
    return redirect("admin:segments_scores")


def progress_view(request: HttpRequest) -> HttpResponse:
    """Tell the page's script how the newest refresh stands."""
    _require(request, VIEW)
    newest = selectors.newest_refresh()
    state = newest.state if newest else "none"
    return JsonResponse({"state": state, "words": progress_words(newest)})


def settings_view(request: HttpRequest) -> HttpResponse:
    _require(request, CHANGE_SETTINGS)
    form = ScoreSettingsForm(request.POST or None, instance=ScoreSettings.current())
    if request.method == "POST" and form.is_valid():
        saved = save_score_settings(form.instance)
        LogEntry.objects.log_actions(
            request.user.pk or 0,
            ScoreSettings.objects.filter(pk=saved.pk),
            CHANGE,
            change_message=form.changed_data,
        )
        messages.success(
            request,
            _("Saved. The classification holds at once, scores with the next refresh."),
        )
        return redirect("admin:segments_scores")
    context = {"form": form, "names": selectors.known_activity_names()}
    return _page(
        request, _("What counts"), "admin/segments/score_settings.html", context
    )


def progress_words(refresh: ScoreRefresh | None) -> str:
    """Say how far a refresh is; nothing when none is under way."""
    if refresh is None or not refresh.is_under_way:
        return ""
    if refresh.state == ScoreRefresh.State.QUEUED:
        return str(refresh.get_state_display())
    if refresh.step != ScoreRefresh.Step.SCORING or not refresh.customers_scored:
        return f"{refresh.get_step_display()} …"
    return _("%(step)s: %(done)s of %(all)s") % {
        "step": refresh.get_step_display(),
        "done": f"{refresh.customers_scored:,}",
        "all": f"{refresh.customer_count:,}",
    }


def _levels(counts: list[int]) -> list[tuple[str, int]]:
    return [
        (str(level.label), count)
        for level, count in zip(CustomerScore.Level, counts, strict=False)
    ]


def _day(period: dict[str, str] | None) -> str:
    """Say the last day of a period that a refresh noted."""
    if not period:
        return ""
    return date_format(localtime(dt.datetime.fromisoformat(period["end"])), "j M Y")


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _page(
    request: HttpRequest, title: str, template: str, context: dict[str, Any]
) -> HttpResponse:
    return site_page(request, template, {"title": title, **context})


registry.admin_pages.append(scores_urls)
