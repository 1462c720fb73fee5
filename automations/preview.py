"""What the builder tells about a schedule while it is being chosen."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _

from automations.clock import moved_slot, next_slots
from automations.cron import Cron, CronError, overlooked, parse_cron
from automations.cron_form import CronForm, cron_from_form, form_from_cron
from automations.cron_words import describe
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import LocalTime, place, read_zone

NEXT = 5


def preview_cron(text: str, zone_name: str, now: datetime) -> dict[str, Any]:
    """Tell what an expression means, how the builder shows it, and when it fires.

    `error` and `zone_error` are sentences or empty; with an error there is nothing
    else to tell.
    """
    try:
        cron = parse_cron(text)
    except CronError as error:
        return {"cron": text, "error": str(error)}
    return _preview(cron, zone_name, now)


def preview_form(form: CronForm, zone_name: str, now: datetime) -> dict[str, Any]:
    """Tell the same for what was picked in the builder."""
    try:
        cron = cron_from_form(form)
    except CronError as error:
        return {"cron": "", "error": str(error)}
    return _preview(cron, zone_name, now)


def preview_moment(text: str, zone_name: str, now: datetime) -> dict[str, Any]:
    """Tell when a local date and time (2026-11-21T09:00) in a zone is."""
    try:
        zone = read_zone(zone_name)
    except DomainError as error:
        return {"zone_error": str(error)}
    try:
        slot = place(datetime.fromisoformat(text).replace(tzinfo=None), zone)
    except (ValueError, OverflowError):
        return {"error": _("Choose the date and time.")}
    if slot.at <= now:
        return {"error": _("This time is over. Choose one that is still to come.")}
    return {"next": [_shown(slot, zone, now)]}


def upcoming(cron: Cron, zone: ZoneInfo, now: datetime) -> list[dict[str, str]]:
    """Return the next five times with a note where the clocks move one."""
    return [_shown(slot, zone, now) for slot in next_slots(cron, zone, now, NEXT)]


def clock_warning(cron: Cron, zone: ZoneInfo, now: datetime) -> str:
    """Warn of the next time within a year that the clocks skip or repeat."""
    slot = moved_slot(cron, zone, now)
    if slot is None or len(cron.hours) == 24:
        return ""
    day = date_format(slot.local, "j F Y")
    return f"{day}: {_note(slot, zone)}"


def _preview(cron: Cron, zone_name: str, now: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {
        "cron": cron.text,
        "error": "",
        "form": form_from_cron(cron).as_dict(),
        "words": describe(cron),
        "notes": overlooked(cron),
    }
    try:
        zone = read_zone(zone_name)
    except DomainError as error:
        return told | {"zone_error": str(error), "next": []}
    told["next"] = upcoming(cron, zone, now)
    warning = clock_warning(cron, zone, now)
    if warning and not any(time["note"] for time in told["next"]):
        told["notes"].append(warning)
    return told


def _shown(slot: LocalTime, zone: ZoneInfo, now: datetime) -> dict[str, str]:
    local = slot.at.astimezone(zone)
    offset = f"{local:%z}"
    return {
        "at": slot.at.isoformat(),
        "when": date_format(local, "D j M Y, H:i"),
        "offset": f"UTC{offset[:3]}:{offset[3:5]}",
        "until": _until(slot.at, now),
        "note": _note(slot, zone),
    }


def _until(at: datetime, now: datetime) -> str:
    if at - now < timedelta(minutes=1):
        return _("within a minute")
    return _("in %(time)s") % {"time": timeuntil(at, now, depth=1)}


def _note(slot: LocalTime, zone: ZoneInfo) -> str:
    if not slot.change:
        return ""
    values = {
        "local": f"{slot.local:%H:%M}",
        "moved": f"{slot.at.astimezone(zone):%H:%M}",
    }
    if slot.change == "skipped":
        return (
            _(
                "the clocks go forward and %(local)s does not exist, so it runs at "
                "%(moved)s."
            )
            % values
        )
    return (
        _("the clocks go back and %(local)s comes twice; it runs the first time only.")
        % values
    )
