"""The search section on top of the list of workflows."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from automations.workflows.trigger_fields import TRIGGERS
from marketing_os.lib.filters import SearchFilterSet

_STATES = (
    ("enabled", _("Enabled")),
    ("disabled", _("Disabled")),
    ("archived", _("Archived")),
)


class StateFilter(ChoiceFilter):
    """Keep the workflows of a state; those put away come only when asked for."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "archived":
            return qs.exclude(archived_at=None)
        kept = qs.filter(archived_at=None)
        return kept.filter(is_enabled=value == "enabled") if value else kept


class TriggerFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(trigger__type=value) if value else qs


class WorkflowFilterSet(SearchFilterSet):
    state = StateFilter(
        label=_("State"), empty_label=_("All but archived"), choices=_STATES
    )
    trigger = TriggerFilter(
        label=_("Started by"),
        empty_label=_("Any"),
        choices=lambda: [(one.name, one.title) for one in TRIGGERS.values()],
    )
