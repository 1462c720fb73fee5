"""What is down or held, and what to do about it."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.timesince import timesince
from django.utils.timezone import now
from django.utils.translation import gettext as _

from marketing_os.dashboard.links import page_url
from marketing_os.health import Health, Part
from marketing_os.lib.heartbeats import BEAT, WORKER
from messaging.channels import chosen_channel
from messaging.models import Dispatch, ProviderLimit, SendingSwitch
from messaging.reports import missing_secret
from messaging.selectors import stopped_dispatches

_LONG_DUE = 600  # seconds


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it should be; `remedy` is what a person can do."""

    title: str
    meaning: str
    remedy: str
    is_grave: bool = True
    link: str = ""
    url: str = ""


def problems(health: Health) -> list[Problem]:
    """Return what is wrong, what stops most in front."""
    found = [*_servers(health), *_sending()]
    late = health.oldest_due or 0
    if late > _LONG_DUE and not found:
        found.append(
            Problem(
                _("Work is late"),
                _(
                    "The oldest thing that is due has been waiting for %(minutes)d minutes."
                )
                % {"minutes": late // 60},
                _("Start another worker if this goes on."),
                is_grave=False,
            )
        )
    return found


def _servers(health: Health) -> list[Problem]:
    parts = {part.name: part for part in health.parts}
    if not parts["broker"].is_up:
        return [
            Problem(
                _("The broker does not answer"),
                _(
                    "Imports, runs and mails wait. Nothing is lost: all of it is in the "
                    "database and goes on when the broker is back."
                ),
                _("See that the server named in BROKER_URL runs and can be reached."),
            )
        ]
    if not parts[BEAT].is_up:
        # The worker's heartbeat is set off by the clock, so it says nothing now.
        return [
            Problem(
                _("The clock does not run"),
                _("%(seen)s No automation starts until it is back.")
                % {"seen": _seen(parts[BEAT])},
                _("Start it with: celery -A marketing_os beat"),
            )
        ]
    if not parts[WORKER].is_up:
        return [
            Problem(
                _("No worker is at work"),
                _("%(seen)s Imports, runs and mails wait, and nothing is lost.")
                % {"seen": _seen(parts[WORKER])},
                _("Start one with: celery -A marketing_os worker"),
            )
        ]
    return []


def _seen(part: Part) -> str:
    if part.age is None:
        return _("It has not been seen since the product was set up.")
    minutes = int(part.age // 60)
    if minutes < 1:
        return _("It was last seen less than a minute ago.")
    return _("It was last seen %(minutes)d minutes ago.") % {"minutes": minutes}


def _sending() -> list[Problem]:
    found = []
    if settings.HOLD:
        found.append(
            Problem(
                _("Sending is held"),
                _("The setting HOLD=1 keeps every message back."),
                _("Start the product without it to let messages go."),
                is_grave=False,
            )
        )
    elif SendingSwitch.objects.filter(is_held=True).exists():
        found.append(
            Problem(
                _("Sending is held"),
                _("Somebody holds all messages back; what is due waits."),
                _("Release it when it may go on."),
                is_grave=False,
                link=_("Open the switch of sending"),
                url=page_url("messaging_sending"),
            )
        )
    return [
        *found,
        *map(_stopped, stopped_dispatches()),
        *_reports_refused(),
        *map(_unreachable, ProviderLimit.objects.exclude(failing_since=None)),
    ]


def _reports_refused() -> list[Problem]:
    provider = chosen_channel()
    missing = missing_secret(provider)
    if not missing:
        return []
    return [
        Problem(
            _("Reports of the mail provider are refused"),
            _(
                "Without %(setting)s nobody can tell them from forgeries, so "
                "/webhooks/%(provider)s/tracking/ answers 503: bounces and complaints "
                "stay unknown."
            )
            % {"setting": missing, "provider": provider},
            _("Make a webhook at the provider and set %(setting)s to its secret.")
            % {"setting": missing},
            is_grave=False,
        )
    ]


def _stopped(dispatch: Dispatch) -> Problem:
    """Tell of what the product itself keeps back until a person has looked."""
    run = getattr(dispatch, "automation_run", None)
    is_held = dispatch.state == Dispatch.State.HELD
    title = _("“%(name)s” is held") if is_held else _("“%(name)s” paused by itself")
    return Problem(
        title % {"name": dispatch.name},
        dispatch.stopped_because,
        _("Release or discard it.") if is_held else _("Go on with it, or cancel it."),
        is_grave=False,
        link=_("Look at it"),
        url=(run or dispatch).get_absolute_url(),
    )


def _unreachable(limit: ProviderLimit) -> Problem:
    return Problem(
        _("The mail server cannot be reached"),
        _("For %(time)s: %(error)s Mails wait and are tried again by themselves.")
        % {"time": timesince(limit.failing_since or now()), "error": limit.last_error},
        _("See that the server and its password are right in the settings."),
    )
