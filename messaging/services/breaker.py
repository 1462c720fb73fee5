"""Pausing a dispatch by itself before it does harm.

A sender of whom mailboxes send much back, or whom many people call spam, is soon
trusted by nobody; and a provider that fails again and again wants a person to look.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch, ProviderLimit
from messaging.services.dispatches import pause_dispatch
from messaging.services.senders import SenderError, allowed_senders
from messaging.services.statements import fetch

_State = Delivery.State


@dataclass(frozen=True)
class _Limit:
    """How many percent of a dispatch's mails may end in one of some states.

    `setting` names the percentage; fewer mails than `fewest` say nothing yet.
    """

    states: tuple[str, ...]
    fewest: int
    setting: str
    words: Promise


_LIMITS = (
    _Limit(
        (_State.COMPLAINED,),
        3,
        "BREAKER_COMPLAINED_PERCENT",
        gettext_lazy(
            "%(bad)s of %(sent)s receivers marked it as spam, more than %(limit)s %%."
            " See whom it goes to, and whether they agreed, before you go on."
        ),
    ),
    _Limit(
        (_State.BOUNCED,),
        10,
        "BREAKER_BOUNCED_PERCENT",
        gettext_lazy(
            "%(bad)s of %(sent)s mails came back, more than %(limit)s %%. See where"
            " the addresses come from before you go on."
        ),
    ),
    _Limit(
        (_State.REJECTED, _State.UNKNOWN),
        # More than one dead worker over SMTP can leave without an answer.
        25,
        "BREAKER_REFUSED_PERCENT",
        gettext_lazy(
            "%(bad)s of %(sent)s mails were refused or left without an answer, more"
            " than %(limit)s %%. Each says why in the list of deliveries; mend that"
            " before you go on."
        ),
    ),
)


def trip_breakers(provider: str) -> int:
    """Pause each open dispatch of which too much goes wrong; return how many.

    Transactional mail is paused only when its sender may not be used any more.
    Asked before each claim, so it reads little: what went wrong has its own index.
    """
    reasons = (
        _reasons_of_provider(provider) or _reasons_of_mails()
    ) | _reasons_of_senders()
    return sum(_pause(dispatch_id, why) for dispatch_id, why in reasons.items())


def _reasons_of_provider(provider: str) -> dict[int, str]:
    most = settings.BREAKER_FAILURES
    if not most:
        return {}
    down = ProviderLimit.objects.filter(provider=provider, failures__gte=most).first()
    if down is None:
        return {}
    why = _(
        "The mail provider could not be used %(count)s times in a row. It says:"
        " %(error)s Nothing is lost; go on when it is back."
    ) % {"count": down.failures, "error": down.last_error}
    waiting = Delivery.objects.filter(
        dispatch=OuterRef("pk"), state__in=Delivery.WAITING
    )
    # One that grows is open while nobody comes to it, and has nothing to pause for.
    watched = Dispatch.objects.filter(
        Q(grows=False) | Exists(waiting),
        state=Dispatch.State.SENDING,
        lane__gt=Dispatch.Lane.TRANSACTIONAL,
    )
    return dict.fromkeys(watched.values_list("pk", flat=True), why)


def _reasons_of_senders() -> dict[int, str]:
    """Find what is going out, of whatever lane, from an address no longer allowed."""
    named = list(
        Dispatch.objects.filter(state=Dispatch.State.SENDING)
        .exclude(template__from_address="", template__reply_to="")
        .select_related("template")
    )
    if not named:
        return {}
    senders, reasons = allowed_senders(), {}
    for dispatch in named:
        try:
            senders.of(dispatch.template)
        except SenderError as error:
            words = _("%(problem)s Allow it, or choose another in the template.")
            reasons[dispatch.pk] = words % {"problem": error}
    return reasons


def _reasons_of_mails() -> dict[int, str]:
    wrong: dict[int, dict[str, int]] = defaultdict(dict)
    for dispatch_id, state, count in fetch(_GONE_WRONG, {}):
        wrong[dispatch_id][state] = count
    found = {pk: _judge(pk, counts) for pk, counts in wrong.items()}
    return {pk: why for pk, why in found.items() if why}


def _judge(dispatch_id: int, counts: Mapping[str, int]) -> str:
    """Say which limit a dispatch passed, or nothing."""
    for limit in _LIMITS:
        percent: float = getattr(settings, limit.setting)
        bad = sum(counts.get(state, 0) for state in limit.states)
        if not percent or bad < limit.fewest:
            continue
        # Of so many mails it is too much; there is no need to count on.
        most = floor(100 * bad / percent)
        [(sent,)] = fetch(_ANSWERED, {"dispatch": dispatch_id, "most": most + 1})
        if 100 * bad > percent * sent:
            return str(limit.words) % {
                "bad": bad,
                "sent": sent,
                "limit": f"{percent:g}",
            }
    return ""


def _pause(dispatch_id: int, because: str) -> bool:
    try:
        pause_dispatch(Dispatch(pk=dispatch_id), because=because)
    except (DomainError, Dispatch.DoesNotExist):
        return False  # it was cancelled meanwhile
    return True


# A dispatch that grows lives long, and is judged by its last week.
_GONE_WRONG = """
SELECT dispatches.id, deliveries.state, count(*)
FROM dispatches JOIN deliveries ON deliveries.dispatch_id = dispatches.id
WHERE dispatches.state = 'sending' AND dispatches.lane > 0
  AND deliveries.state IN ('rejected', 'unknown', 'bounced', 'complained')
  AND (dispatches.watched_since IS NULL OR
       coalesce(deliveries.first_sending_at, deliveries.updated_at)
           > dispatches.watched_since)
  AND (NOT dispatches.grows OR deliveries.created_at > now() - interval '7 days')
GROUP BY dispatches.id, deliveries.state
"""
_ANSWERED = """
SELECT count(*) FROM (
    SELECT FROM deliveries JOIN dispatches ON dispatches.id = deliveries.dispatch_id
    WHERE dispatch_id = %(dispatch)s::bigint
      AND deliveries.state IN ('accepted', 'rejected', 'unknown', 'delivered',
                               'bounced', 'complained')
      AND (dispatches.watched_since IS NULL OR
           coalesce(deliveries.first_sending_at, deliveries.updated_at)
               > dispatches.watched_since)
      AND (NOT dispatches.grows OR deliveries.created_at > now() - interval '7 days')
    LIMIT %(most)s::bigint
) AS answered
"""
