"""The search sections on top of the lists of automations and runs."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, ModelChoiceFilter

from automations.models import Automation, AutomationRun
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter
from messaging.models import MessageTemplate
from segments.models import Segment

_ACTIVE = (("yes", _("Active")), ("no", _("Inactive")))


class ActiveFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(is_active=value == "yes") if value else qs


class AutomationFilterSet(SearchFilterSet):
    active = ActiveFilter(label=_("State"), empty_label=_("Any"), choices=_ACTIVE)
    schedule = ChoiceFilter(
        label=_("When"), empty_label=_("Any"), choices=Automation.Schedule.choices
    )
    segment = ModelChoiceFilter(
        label=_("Segment"),
        empty_label=_("Any"),
        queryset=Segment.objects.filter(automations__isnull=False).distinct(),
    )
    template = ModelChoiceFilter(
        label=_("Message template"),
        empty_label=_("Any"),
        queryset=MessageTemplate.objects.filter(automations__isnull=False).distinct(),
    )


class RunFilterSet(SearchFilterSet):
    automation = ModelChoiceFilter(
        label=_("Automation"),
        empty_label=_("Any"),
        queryset=Automation.objects.all(),
    )
    state = ChoiceFilter(
        label=_("State"), empty_label=_("Any"), choices=AutomationRun.State.choices
    )
    trigger = ChoiceFilter(
        label=_("Started by"),
        empty_label=_("Any"),
        choices=AutomationRun.Trigger.choices,
    )
    from_day = FromDayFilter("scheduled_for", label=_("Due from"))
    to_day = ToDayFilter("scheduled_for", label=_("Due to"))
