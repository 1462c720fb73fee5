from funnel.admin import report
from funnel.admin.bookings import BookingAdmin
from funnel.admin.conversions import ConversionNameAdmin
from funnel.admin.events import ActivityAdmin, FunnelEventAdmin
from funnel.admin.sessions import GroupAdmin, SessionAdmin

__all__ = [
    "ActivityAdmin",
    "BookingAdmin",
    "ConversionNameAdmin",
    "FunnelEventAdmin",
    "GroupAdmin",
    "SessionAdmin",
    "report",
]
