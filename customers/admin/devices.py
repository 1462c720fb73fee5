from collections.abc import Callable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.db.models.functions import Least, TruncWeek
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_filters import ChoiceFilter

from customers.admin.rows import CustomerRowsAdmin, KnownFilter
from customers.models import Device
from customers.user_agents import browser_of
from marketing_os.lib.admin import display
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter

WEEKS = 12
# What the charts count at each look.
MOST_COUNTED = 30_000
# By the shorter side of the screen, in CSS pixels.
SCREENS = (
    (600, gettext_lazy("Small (below 600)")),
    (900, gettext_lazy("Medium (600 to 899)")),
    (1200, gettext_lazy("Large (900 to 1199)")),
)
VERY_LARGE = gettext_lazy("Very large (from 1200)")
Column = tuple[str, Callable[[Any], Any]]


class DeviceFilterSet(SearchFilterSet):
    device_type = ChoiceFilter(
        label=gettext_lazy("Type"),
        empty_label=gettext_lazy("Any"),
        choices=Device.Type.choices,
    )
    who = KnownFilter(
        gettext_lazy("Visitor"),
        customer=gettext_lazy("A customer who was signed in"),
        nobody=gettext_lazy("Somebody unknown"),
    )
    from_day = FromDayFilter("logged_at", label=gettext_lazy("Seen from"))
    to_day = ToDayFilter("logged_at", label=gettext_lazy("Seen to"))


@admin.register(Device)
class DeviceAdmin(CustomerRowsAdmin):
    list_display = (
        "logged_at",
        "type_shown",
        "screen",
        "memory",
        "customer_name",
        "browser",
    )
    list_before_template = "admin/customers/device_charts.html"
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "logged_at",
        "reported_at",
        "device_type",
        "reported_type",
        "screen_width",
        "screen_height",
        "memory_gb",
        "customer",
        "user_agent",
    )
    filterset_class = DeviceFilterSet
    exported = (
        "customer_id",
        "device_type",
        "reported_type",
        "screen_width",
        "screen_height",
        "memory_gb",
        "user_agent",
        "reported_at",
        "logged_at",
    )
    empty_title = gettext_lazy("No device was seen yet.")
    empty_hint = gettext_lazy(
        "Visitors of the public pages are asked first; who says yes is noted here."
    )

    @display(description=gettext_lazy("Type"))
    def type_shown(self, device: Device) -> str:
        return device.get_device_type_display()

    @display(description=gettext_lazy("Screen"), empty_value="–")
    def screen(self, device: Device) -> str | None:
        if not device.screen_width:
            return None
        return f"{device.screen_width} × {device.screen_height}"

    @display(description=gettext_lazy("Memory"), empty_value="–")
    def memory(self, device: Device) -> str | None:
        return f"{device.memory_gb.normalize():f} GB" if device.memory_gb else None

    @display(description=gettext_lazy("Customer"), empty_value="–")
    def customer_name(self, row: Device) -> str | None:
        return str(row.customer) if row.customer else None

    @display(description=gettext_lazy("Browser"), empty_value="–")
    def browser(self, device: Device) -> str | None:
        return browser_of(device.user_agent)

    def export_columns(self, request: HttpRequest) -> list[Column]:
        return [(name, attrgetter(name)) for name in self.exported]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        visits, since = recent_visits()
        charts = {
            "device_weeks": devices_by_week(visits),
            "screens": screens_by_size(visits),
            "counted": MOST_COUNTED,
            "counted_since": since,
        }
        return super().changelist_view(request, {**charts, **(extra_context or {})})


def recent_visits() -> tuple[QuerySet[Device], datetime | None]:
    """Return the visits of the last weeks; if they are too many to count each time, the
    newest, and since when those are."""
    weeks = Device.objects.filter(logged_at__gt=timezone.now() - timedelta(weeks=WEEKS))
    times = weeks.order_by("-logged_at").values_list("logged_at", flat=True)
    edge = times[MOST_COUNTED : MOST_COUNTED + 1].first()
    return (weeks.filter(logged_at__gt=edge) if edge else weeks), edge


def devices_by_week(visits: QuerySet[Device]) -> list[dict[str, Any]]:
    """Count visits per week and type, the newest week first.

    Each week has its day, and per type the count and its width in percent.
    """
    counted = (
        visits.order_by()
        .annotate(week=TruncWeek("logged_at"))
        .values("week", "device_type")
        .annotate(count=Count("pk"))
        .order_by("-week")
    )
    weeks: dict[Any, dict[str, int]] = {}
    for row in counted:
        weeks.setdefault(row["week"], {})[row["device_type"]] = row["count"]
    highest = max((max(counts.values()) for counts in weeks.values()), default=1)
    return [
        {
            "begins": week,
            "types": [
                _bar(str(kind.label), counts.get(kind.value, 0), highest)
                for kind in Device.Type
            ],
        }
        for week, counts in weeks.items()
    ]


def screens_by_size(visits: QuerySet[Device]) -> list[dict[str, Any]]:
    """Count visits by how large the screen is."""
    classes = [
        When(shorter__lt=limit, then=Value(place))
        for place, (limit, _label) in enumerate(SCREENS)
    ]
    counted = (
        visits.order_by()
        .filter(screen_width__isnull=False, screen_height__isnull=False)
        .annotate(shorter=Least("screen_width", "screen_height"))
        .annotate(
            size=Case(*classes, default=len(SCREENS), output_field=IntegerField())
        )
        .values("size")
        .annotate(count=Count("pk"))
        .order_by("size")
    )
    counts = {row["size"]: row["count"] for row in counted}
    highest = max(counts.values(), default=0)
    if not highest:
        return []
    labels = [*(label for _limit, label in SCREENS), VERY_LARGE]
    return [
        _bar(str(label), counts.get(place, 0), highest)
        for place, label in enumerate(labels)
    ]


def _bar(label: str, count: int, highest: int) -> dict[str, Any]:
    return {"label": label, "count": count, "width": 100 * count / highest}
