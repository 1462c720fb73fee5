from django_filters import rest_framework as filters

from funnel.models import Activity, FunnelEvent


class FunnelEventFilter(filters.FilterSet):
    customer_id = filters.NumberFilter()
    lms_lead_id = filters.CharFilter(field_name="customer__lms_lead_id")
    funnel_type = filters.ChoiceFilter(choices=FunnelEvent.FunnelType.choices)
    from_stage = filters.CharFilter()
    to_stage = filters.CharFilter()
    external_id = filters.CharFilter()
    created_after = filters.IsoDateTimeFilter(
        field_name="created_date", lookup_expr="gte"
    )
    created_before = filters.IsoDateTimeFilter(
        field_name="created_date", lookup_expr="lt"
    )

    class Meta:
        model = FunnelEvent
        fields: tuple[str, ...] = ()


class ActivityFilter(filters.FilterSet):
    customer_id = filters.NumberFilter()
    lms_lead_id = filters.CharFilter(field_name="customer__lms_lead_id")
    name = filters.CharFilter()
    external_id = filters.CharFilter()
    occurred_after = filters.IsoDateTimeFilter(
        field_name="occurred_at", lookup_expr="gte"
    )
    occurred_before = filters.IsoDateTimeFilter(
        field_name="occurred_at", lookup_expr="lt"
    )

    class Meta:
        model = Activity
        fields: tuple[str, ...] = ()
