from datetime import timedelta
from typing import Any

from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter

from funnel.models import Activity, FunnelEvent
from marketing_os.lib.filters import (
    FromDayFilter,
    IdFilter,
    SearchFilterSet,
    ToDayFilter,
)
from messaging.models import ConversionGoal, Delivery, DeliveryEvent, MessageTemplate
from messaging.results.states import ARRIVED, WENT_OUT
from messaging.services import history

_OUTCOMES = {
    "waiting": (_("Waiting"), Q(state__in=Delivery.WAITING)),
    "sent": (_("Went out"), Q(state__in=WENT_OUT)),
    "arrived": (_("Arrived"), Q(state__in=ARRIVED)),
    "opened": (_("Opened by a person"), Q(opened_at__isnull=False)),
    "clicked": (_("A person followed a link"), Q(clicked_at__isnull=False)),
    "unsubscribed": (
        _("Unsubscribed by its link"),
        Exists(
            DeliveryEvent.objects.filter(
                delivery=OuterRef("pk"), kind=history.UNSUBSCRIBED
            )
        ),
    ),
}


class DeliveryFilterSet(SearchFilterSet):
    state = ChoiceFilter(
        label=_("State"), empty_label=_("Any"), choices=Delivery.State.choices
    )
    reason = ChoiceFilter(
        label=_("Reason"),
        empty_label=_("Any"),
        choices=[choice for choice in Delivery.Reason.choices if choice[0]],
    )
    outcome = ChoiceFilter(
        method="by_outcome",
        label=_("What became of it"),
        empty_label=_("Any"),
        choices=[(name, title) for name, (title, _condition) in _OUTCOMES.items()],
    )
    address = CharFilter(method="by_address", label=_("Address"))
    template = ModelChoiceFilter(
        "dispatch__template",
        label=_("Template"),
        empty_label=_("Any"),
        queryset=MessageTemplate.objects.all(),
    )
    link = CharFilter(method="by_link", label=_("Followed the link"), max_length=2000)
    series = CharFilter(
        "dispatch__series", label=_("Sent by, such as automation:3"), max_length=200
    )
    dispatch = IdFilter("dispatch_id", _("Number of the dispatch"))
    customer = IdFilter("customer_id", _("Number of the customer"))
    goal = IdFilter("goal", _("Number of the goal that was reached"), method="by_goal")
    from_day = FromDayFilter("created_at", label=_("Created from"))
    to_day = ToDayFilter("created_at", label=_("Created to"))

    def by_address(
        self, qs: QuerySet[Delivery], name: str, value: str
    ) -> QuerySet[Delivery]:
        # Written so that the index on lower(address) serves it.
        return qs.annotate(lower_address=Lower("address")).filter(
            lower_address=value.strip().lower()
        )

    def by_outcome(
        self, qs: QuerySet[Delivery], name: str, value: str
    ) -> QuerySet[Delivery]:
        return qs.filter(_OUTCOMES[value][1])

    def by_link(
        self, qs: QuerySet[Delivery], name: str, value: str
    ) -> QuerySet[Delivery]:
        visits = DeliveryEvent.objects.filter(
            delivery=OuterRef("pk"),
            kind=history.CLICKED,
            is_human=True,
            link__url=value,
        )
        return qs.filter(Exists(visits))

    def by_goal(
        self, qs: QuerySet[Delivery], name: str, value: Any
    ) -> QuerySet[Delivery]:
        goal = ConversionGoal.objects.filter(pk=value).first()
        return (
            qs.filter(_reached(goal), dispatch__series=goal.series)
            if goal
            else qs.none()
        )


def _reached(goal: ConversionGoal) -> Exists:
    """Say that the customer reached a goal in time after the delivery."""
    done: QuerySet[Any]
    if goal.kind == ConversionGoal.Kind.MOVE:
        done = FunnelEvent.objects.filter(
            funnel_type=goal.funnel_type, to_stage=goal.name
        ).annotate(at=F("created_date"))
    else:
        done = Activity.objects.filter(name=goal.name).annotate(at=F("occurred_at"))
    sent_at = Coalesce(OuterRef("accepted_at"), OuterRef("due_at"))
    until = ExpressionWrapper(
        sent_at + timedelta(days=goal.days), output_field=DateTimeField()
    )
    return Exists(
        done.filter(customer=OuterRef("customer"), at__gt=sent_at, at__lte=until)
    )
