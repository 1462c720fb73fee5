"""Pausing what the clock sets off."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask

from automations.models import Automation


@transaction.atomic
def set_enabled(
    tasks: Iterable[PeriodicTask], *, enabled: bool
) -> tuple[int, list[str]]:
    """Switch tasks on or off, but those of automations, which have their own switch.

    Returns how many were changed and a sentence for each that was refused.
    """
    changed, refused = 0, []
    for task in tasks:
        if automation := Automation.objects.filter(periodic_task=task).first():
            refused.append(
                _("“%(name)s” follows its automation: switch the automation itself.")
                % {"name": automation}
            )
        elif task.enabled != enabled:
            task.enabled = enabled
            # Saved one by one: that is how the clock learns of a change.
            task.save()
            changed += 1
    return changed, refused
