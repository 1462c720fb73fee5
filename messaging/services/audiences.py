"""Send one template to an audience, or say ahead what would become of it."""

from collections import Counter
from datetime import datetime, time

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from marketing_os.lib.errors import DomainError
from messaging.models import (
    Delivery,
    Dispatch,
    MessageTemplate,
    MessageTemplateVersion,
    Series,
)
from messaging.services.judging import Judged, RecipientPolicy
from messaging.templating.tracked import utm_parameters


def fan_out(
    *,
    template: MessageTemplate,
    audience: QuerySet[Customer],
    source_key: str,
    series: str,
    name: str,
    policy: RecipientPolicy,
    holdout_percent: int = 0,
    lane: int = Dispatch.Lane.BULK,
    due_at: datetime | None = None,
    local_time: time | None = None,
    campaign: str = "",
    by: User | None = None,
) -> Dispatch:
    """Write one delivery for each active customer of the audience.

    They are due at `due_at` (None: now), or with a `local_time` when clocks where the
    customer is show it for the first time from then on. The same `source_key` again returns the same dispatch and adds nothing. Raises
    DomainError when the template cannot be sent.
    """
    known = Dispatch.objects.filter(source_key=source_key).first()
    if known:
        return known
    version = sendable_version(template)
    _check(policy, holdout_percent)
    with transaction.atomic():
        _lock_series(series)
        dispatch, is_new = Dispatch.objects.get_or_create(
            source_key=source_key,
            defaults={
                "template": template,
                "series": series,
                "name": name,
                "lane": lane,
                "local_time": local_time,
                "utm": utm_parameters(campaign, template.name),
                "created_by": by,
            },
        )
        if is_new:
            judged = Judged(version, audience, series, policy, holdout_percent)
            dispatch.audience_count = judged.write(dispatch, due_at)
            _open(dispatch)
    return dispatch


def forecast(
    *,
    template: MessageTemplate,
    audience: QuerySet[Customer],
    series: str,
    policy: RecipientPolicy,
    holdout_percent: int = 0,
    local_time: time | None = None,
) -> Counter[tuple[str, str]]:
    """Count what `fan_out` would write now, by state and reason.

    And of what it would let wait, what quiet hours and caps would hold back or skip
    if it was sent at once.
    """
    version = sendable_version(template)
    _check(policy, holdout_percent)
    judged = Judged(version, audience, series, policy, holdout_percent)
    return judged.count(local_time)


def sendable_version(
    template: MessageTemplate, channel: str = MessageTemplate.Channel.EMAIL
) -> MessageTemplateVersion:
    """Return the version that would be sent now, or say why there is none."""
    if template.type != channel:
        raise DomainError(
            _("%(channel)s sending is not available yet.")
            % {"channel": template.get_type_display()}
        )
    if template.current_version is None:
        raise DomainError(
            _("The template “%(name)s” has no version that can be sent yet.")
            % {"name": template.name}
        )
    return template.current_version


def _check(policy: RecipientPolicy, holdout_percent: int) -> None:
    if policy.kind == "again_after" and not (policy.days and policy.days > 0):
        raise DomainError(_("Say after how many days a customer may get it again."))
    if not 0 <= holdout_percent <= 100:
        raise DomainError(_("The part that is held out lies between 0 and 100 %."))


def _lock_series(series: str) -> None:
    """Let one dispatch of a series be prepared after the other.

    Each must see whom the one before it reaches, or "once" could mean twice.
    """
    Series.objects.bulk_create([Series(name=series)], ignore_conflicts=True)
    Series.objects.select_for_update().get(pk=series)


def _open(dispatch: Dispatch) -> None:
    waits = dispatch.deliveries.filter(state=Delivery.State.PENDING).exists()
    dispatch.state = Dispatch.State.SENDING if waits else Dispatch.State.DONE
    dispatch.finished_at = None if waits else timezone.now()
    dispatch.save(update_fields=["state", "finished_at", "audience_count"])
