"""What counts as a conversion of the dispatches of a series."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from messaging.models import ConversionGoal

# Each is counted whenever the page of results is looked at.
MOST_GOALS = 10


def choose_goal(goal: ConversionGoal, *, by: User | None = None) -> ConversionGoal:
    """Count a move or an activity as a conversion from now on, also of what was sent.

    The same one again changes only the days. Raises DomainError for values that cannot
    be counted.
    """
    if goal.kind != ConversionGoal.Kind.MOVE:
        goal.funnel_type = ""
    try:
        goal.clean_fields()
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error
    if goal.kind == ConversionGoal.Kind.MOVE and not goal.funnel_type:
        raise DomainError(_("Say in which funnel the stage is."))
    others = ConversionGoal.objects.filter(series=goal.series).exclude(
        kind=goal.kind, funnel_type=goal.funnel_type, name=goal.name
    )
    if others.count() >= MOST_GOALS:
        raise DomainError(
            _("There are %(most)s goals already; count one of them no more first.")
            % {"most": MOST_GOALS}
        )
    chosen, _is_new = ConversionGoal.objects.update_or_create(
        series=goal.series,
        kind=goal.kind,
        funnel_type=goal.funnel_type,
        name=goal.name,
        defaults={"days": goal.days},
        create_defaults={"days": goal.days, "created_by": by},
    )
    return chosen


def drop_goal(goal: ConversionGoal) -> None:
    """Count it no more; what customers did stays."""
    ConversionGoal.objects.filter(pk=goal.pk).delete()
