from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from funnel.models import FunnelEvent
from funnel.selectors import activity_names, stage_names
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import SuggestWidget, style
from marketing_os.lib.registry import registry
from messaging.admin.links import origin_of, require_permission
from messaging.models import ConversionGoal
from messaging.models.goal import MOST_DAYS
from messaging.services.goals import choose_goal, drop_goal

MAY_CHOOSE = "messaging.change_dispatch"


class GoalForm(forms.Form):
    """What staff choose to count as a conversion."""

    what = forms.ChoiceField(
        label=gettext_lazy("Counts as a conversion"),
        choices=[
            ("activity", ConversionGoal.Kind.ACTIVITY.label),
            *(
                (f"move:{value}", gettext_lazy("Stage of the funnel “%s”") % label)
                for value, label in FunnelEvent.FunnelType.choices
            ),
        ],
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the activity or stage"),
        max_length=100,
        widget=SuggestWidget(lambda: sorted({*activity_names(), *stage_names()})),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within days"), min_value=1, max_value=MOST_DAYS, initial=7
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            style(field.widget)

    def goal(self, series: str) -> ConversionGoal:
        """Return what was chosen, for a series."""
        kind, _colon, funnel_type = self.cleaned_data["what"].partition(":")
        return ConversionGoal(
            series=series,
            kind=kind,
            funnel_type=funnel_type,
            name=self.cleaned_data["name"],
            days=self.cleaned_data["days"],
        )


def goal_urls() -> list[URLPattern]:
    """Return the addresses by which goals are chosen and dropped."""
    wrap = admin.site.admin_view
    return [
        path("goals/", wrap(require_POST(choose_view)), name="messaging_goal_choose"),
        path(
            "goals/<int:pk>/drop/",
            wrap(require_POST(drop_view)),
            name="messaging_goal_drop",
        ),
    ]


def choose_view(request: HttpRequest) -> HttpResponse:
    require_permission(request, MAY_CHOOSE)
    series, form = request.POST.get("series", ""), GoalForm(request.POST)
    if origin_of(series) is None:
        messages.error(request, _("It is not known what the goal is meant for."))
    elif not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(
                request, f"{form.fields[name].label}: {' '.join(map(str, errors))}"
            )
    else:
        _choose(request, form.goal(series))
    return _back(request)


def _choose(request: HttpRequest, goal: ConversionGoal) -> None:
    try:
        goal = choose_goal(goal, by=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
        return
    said = _("“%(name)s” counts as a conversion.") % {"name": goal.name}
    _log(request, goal, said)
    messages.success(request, said)


def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    require_permission(request, MAY_CHOOSE)
    goal = get_object_or_404(ConversionGoal, pk=pk)
    said = _("“%(name)s” counts no more.") % {"name": goal.name}
    _log(request, goal, said)
    drop_goal(goal)
    messages.success(request, said)
    return _back(request)


def _log(request: HttpRequest, goal: ConversionGoal, said: str) -> None:
    LogEntry.objects.log_actions(
        request.user.pk or 0,
        ConversionGoal.objects.filter(pk=goal.pk),
        CHANGE,
        change_message=f"{goal.series}: {said}",
    )


def _back(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("back", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(back, hosts, request.is_secure())
    return redirect(back if is_ours else "admin:messaging_dispatch_changelist")


registry.admin_pages.append(goal_urls)
