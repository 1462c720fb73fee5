from django_filters import rest_framework as filters

from funnel.models import Activity, FunnelEvent
from marketing_os.lib.api.filters import IdFilter, MomentFilter, TextFilter


class FunnelEventFilter(filters.FilterSet):
    customer_id = IdFilter()
    lms_lead_id = TextFilter(field_name="customer__lms_lead_id")
    funnel_type = filters.ChoiceFilter(choices=FunnelEvent.FunnelType.choices)
    from_stage = TextFilter()
    to_stage = TextFilter()
    external_id = TextFilter()
    created_after = MomentFilter(field_name="created_date", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_date", lookup_expr="lt")

    class Meta:
        model = FunnelEvent
        fields: tuple[str, ...] = ()


class ActivityFilter(filters.FilterSet):
    customer_id = IdFilter()
    lms_lead_id = TextFilter(field_name="customer__lms_lead_id")
    name = TextFilter()
    external_id = TextFilter()
    occurred_after = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_before = MomentFilter(field_name="occurred_at", lookup_expr="lt")

    class Meta:
        model = Activity
        fields: tuple[str, ...] = ()


class ConversionFilter(filters.FilterSet):
    customer_id = IdFilter()
    lms_lead_id = TextFilter(field_name="customer__lms_lead_id")
    name = TextFilter(field_name="to_stage")
    occurred_after = MomentFilter(field_name="created_date", lookup_expr="gte")
    occurred_before = MomentFilter(field_name="created_date", lookup_expr="lt")

    class Meta:
        model = FunnelEvent
        fields: tuple[str, ...] = ()
