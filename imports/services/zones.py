"""Names of time zones, and what else systems call them."""

import functools
import zoneinfo

# What Windows and the systems built on it call the zones, without "Standard Time".
_WINDOWS = {
    "alaskan": "America/Anchorage",
    "arab": "Asia/Riyadh",
    "arabian": "Asia/Dubai",
    "argentina": "America/Argentina/Buenos_Aires",
    "atlantic": "America/Halifax",
    "aus eastern": "Australia/Sydney",
    "bangladesh": "Asia/Dhaka",
    "cen. australia": "Australia/Adelaide",
    "central": "America/Chicago",
    "central europe": "Europe/Budapest",
    "central european": "Europe/Warsaw",
    "china": "Asia/Shanghai",
    "e. africa": "Africa/Nairobi",
    "e. australia": "Australia/Brisbane",
    "e. south america": "America/Sao_Paulo",
    "eastern": "America/New_York",
    "egypt": "Africa/Cairo",
    "fle": "Europe/Kiev",
    "gmt": "Europe/London",
    "greenwich": "Africa/Abidjan",
    "gtb": "Europe/Bucharest",
    "hawaiian": "Pacific/Honolulu",
    "india": "Asia/Kolkata",
    "iran": "Asia/Tehran",
    "israel": "Asia/Jerusalem",
    "korea": "Asia/Seoul",
    "mountain": "America/Denver",
    "nepal": "Asia/Kathmandu",
    "new zealand": "Pacific/Auckland",
    "newfoundland": "America/St_Johns",
    "pacific": "America/Los_Angeles",
    "pacific sa": "America/Santiago",
    "pakistan": "Asia/Karachi",
    "romance": "Europe/Paris",
    "russian": "Europe/Moscow",
    "sa pacific": "America/Bogota",
    "se asia": "Asia/Bangkok",
    "singapore": "Asia/Singapore",
    "south africa": "Africa/Johannesburg",
    "sri lanka": "Asia/Colombo",
    "taipei": "Asia/Taipei",
    "tokyo": "Asia/Tokyo",
    "turkey": "Europe/Istanbul",
    "us mountain": "America/Phoenix",
    "w. australia": "Australia/Perth",
    "w. central africa": "Africa/Lagos",
    "w. europe": "Europe/Berlin",
}


@functools.cache
def timezone_names() -> list[str]:
    """The names that are stored, sorted."""
    return sorted(zoneinfo.available_timezones() - {"localtime"})


@functools.cache
def timezone_spellings() -> dict[str, str]:
    """The stored name by each spelling of it: in lower case, "_" instead of spaces."""
    spellings = {f"{name} standard time": zone for name, zone in _WINDOWS.items()}
    spellings |= {"z": "UTC", "utc+00:00": "UTC", "utc+0": "UTC"}
    spellings = {name.replace(" ", "_"): zone for name, zone in spellings.items()}
    known = timezone_names()
    return {name: zone for name, zone in spellings.items() if zone in known} | {
        name.lower(): name for name in known
    }


def find_timezone(text: str) -> str:
    """Return the stored name of a zone, whatever way it is spelled ("": unknown)."""
    return timezone_spellings().get(text.strip().lower().replace(" ", "_"), "")
