"""The verbs of the funnel."""

from funnel.services.attendance import mark_attendance
from funnel.services.conversions import UnknownConversionError, record_conversion
from funnel.services.moves import record_activity, record_move
from funnel.services.sessions import book, cancel_booking, save_session

__all__ = [
    "UnknownConversionError",
    "book",
    "cancel_booking",
    "mark_attendance",
    "record_activity",
    "record_conversion",
    "record_move",
    "save_session",
]
