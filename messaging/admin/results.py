"""What the pages of results share: their figures, their goals and their export."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from funnel.models import FunnelEvent
from marketing_os.lib.exporting import FileFormat, export_response
from messaging import explanations
from messaging.admin.goals import MAY_CHOOSE, GoalForm
from messaging.admin.links import deliveries_url, origin_of, require_permission
from messaging.models import Delivery, Dispatch
from messaging.results.charts import WIDTH, Whisker, whiskers
from messaging.results.conversions import Conversions, conversions
from messaging.results.lift import LEAST_CONVERSIONS, LEAST_PEOPLE
from messaging.results.scope import Scope
from messaging.results.sheet import COLUMNS, sheet
from messaging.results.states import Figures, by_dispatch, figures
from messaging.results.visits import visit_figures
from messaging.selectors import audiences_of

_DISPATCHES_SHOWN = 20
_MAY_EXPORT = "messaging.export_dispatch"


def results_context(
    request: HttpRequest,
    scope: Scope,
    counts: Iterable[tuple[str, str, int]] | None = None,
) -> dict[str, Any]:
    """Return what messaging/results.html shows of some dispatches.

    Goals can be chosen where all are of one series; `counts` are the messages by state
    and reason, if they were counted already.
    """
    counted = figures(scope, counts)
    visits = visit_figures(scope)
    series = scope.series[0] if len(scope.series) == 1 else ""
    found = conversions(scope)
    whiskered = zip(found, whiskers([one.lift for one in found]), strict=True)
    may_choose = bool(series) and request.user.has_perm(MAY_CHOOSE)
    return {
        "figures": counted,
        "steps": _steps(scope, counted, visits.openings),
        "visits": visits,
        "links": [
            (link, deliveries_url(**scope.search, link=link.url) if link.url else "")
            for link in visits.links
        ],
        "goals": [_goal_row(scope, one, whisker) for one, whisker in whiskered],
        "chart_width": WIDTH,
        "least": {"people": LEAST_PEOPLE, "conversions": LEAST_CONVERSIONS},
        "goal_form": GoalForm() if may_choose else None,
        "goal_series": series,
        "may_export": request.user.has_perm(_MAY_EXPORT),
        "back": request.path,
    }


def page_of_results(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """Return what messaging/results_page.html shows of several dispatches."""
    context = results_context(request, scope)
    newest = Dispatch.objects.filter(pk__in=scope.ids[:_DISPATCHES_SHOWN])
    return {
        **context,
        "rows": _state_rows(scope, context["figures"]),
        "dispatches": _dispatch_rows(newest),
        "dispatch_count": len(scope.ids),
        "has_more": len(scope.ids) > _DISPATCHES_SHOWN,
    }


def export_view(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Answer with the figures of a page of results as a file."""
    require_permission(request, _MAY_EXPORT)
    wanted = request.POST.get("format", "")
    file_format = FileFormat(wanted) if wanted in list(FileFormat) else FileFormat.CSV
    what = "-".join(f"{name} {value}" for name, value in scope.search.items())
    return export_response(
        sheet(scope),
        COLUMNS,
        file_format,
        what=f"results of {what.replace(':', ' ')}",
        by=request.user.get_username(),
    )


def _state_rows(scope: Scope, counted: Figures) -> list[dict[str, Any]]:
    """Return the messages by state and reason, as they stand in a table."""
    return [
        {
            "state": Delivery.State(state).label,
            "tone": explanations.tone(state),
            "reason": explanations.REASONS.get(reason, ""),
            "count": count,
            "url": deliveries_url(**scope.search, state=state, reason=reason),
        }
        for state, reason, count in sorted(counted.counts, key=lambda row: -row[2])
    ]


def _dispatch_rows(dispatches: QuerySet[Dispatch]) -> list[dict[str, Any]]:
    rows = list(dispatches)
    found, audiences = by_dispatch([one.pk for one in rows]), audiences_of(rows)
    return [
        {"dispatch": one, "figures": found.get(one.pk), "audience": audiences[one.pk]}
        for one in rows
    ]


def _steps(scope: Scope, counted: Figures, openings: int) -> list[dict[str, Any]]:
    """Return the bars of the chart: from the audience to those who followed a link."""
    whole = max(counted.audience, 1)

    def whole_step(title: str, count: int, **search: Any) -> dict[str, Any]:
        return {
            "title": title,
            "count": count,
            "url": deliveries_url(**scope.search, **search),
            "width": 100 * count / whole,
        }

    def step(title: str, count: int, **search: Any) -> dict[str, Any]:
        share = counted.share(count) if counted.sent else None
        return whole_step(title, count, **search) | {"share": share}

    steps = [
        whole_step(_("Audience"), counted.audience),
        whole_step(_("Sent"), counted.sent, outcome="sent"),
    ]
    if counted.has_reports:
        steps.append(step(_("Delivered"), counted.arrived, outcome="arrived"))
    if counted.opened or not openings:
        steps += [
            step(_("Opened"), counted.opened, outcome="opened"),
            step(_("Followed a link"), counted.clicked, outcome="clicked"),
        ]
    return [
        *steps,
        step(_("Unsubscribed"), counted.unsubscribed, outcome="unsubscribed"),
        step(_("Bounced"), counted.bounced, state="bounced"),
        step(_("Complained"), counted.complained, state="complained"),
    ]


def _goal_row(
    scope: Scope, found: Conversions, whisker: Whisker | None
) -> dict[str, Any]:
    goal = found.goal
    search = {**scope.search, "goal": goal.pk}
    return {
        "found": found,
        "goal": goal,
        "whisker": whisker,
        "funnel": dict(FunnelEvent.FunnelType.choices).get(goal.funnel_type, ""),
        "origin": origin_of(goal.series) if len(scope.series) > 1 else None,
        "sent_url": deliveries_url(**search, outcome="sent"),
        "held_out_url": deliveries_url(**search, reason="holdout"),
    }
