"""What customers do: moves through funnels, activities, sessions that they come to."""

from funnel.models.conversion import ConversionName
from funnel.models.event import Activity, FunnelEvent, FunnelEventRemoval, RandomUUID
from funnel.models.session import AttendanceMark, Booking, Group, Session

__all__ = [
    "Activity",
    "AttendanceMark",
    "Booking",
    "ConversionName",
    "FunnelEvent",
    "FunnelEventRemoval",
    "Group",
    "RandomUUID",
    "Session",
]
