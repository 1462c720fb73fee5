"""Why a customer's risk is what it is, in words.

A reason is stored as the number of a fact, negative where the fact speaks for staying,
with the value that the customer had.
"""

from enum import IntEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

MOST_REASONS = 3


class Fact(IntEnum):
    """What a reason is about; the numbers are stored, so that they keep their meaning."""

    SILENCE = 1
    TIMES = 2
    SPEND = 3
    TENURE = 4
    TREND = 5
    MESSAGES = 6


FACT_LABELS = {
    Fact.SILENCE: gettext_lazy("Days since the last activity"),
    Fact.TIMES: gettext_lazy("How often they were active"),
    Fact.SPEND: gettext_lazy("What they spent"),
    Fact.TENURE: gettext_lazy("How long they are customers"),
    Fact.TREND: gettext_lazy("More or less active than before"),
    Fact.MESSAGES: gettext_lazy("Messages they got and opened"),
}
# The column of a fact's value among the features.
VALUES = {
    Fact.SILENCE: "silent_days",
    Fact.TIMES: "times",
    Fact.SPEND: "spend",
    Fact.TENURE: "tenure_days",
    Fact.TREND: "lately",
    Fact.MESSAGES: "opened",
}


def reason_words(reason: int, value: float) -> str:
    """Say one stored reason, without a full stop."""
    fact, raises = Fact(abs(reason)), reason > 0
    if fact is Fact.TREND:
        return _("less active than before") if raises else _("more active than before")
    if fact is Fact.SPEND:
        form = _("spent only %s so far") if raises else _("spent %s so far")
        return form % f"{value:,.2f}"
    whole = round(value)
    if fact is Fact.SILENCE:
        form = ngettext("silent for %s day", "silent for %s days", whole)
        if not raises:
            form = ngettext("active %s day ago", "active %s days ago", whole)
    elif fact is Fact.TIMES:
        form = ngettext("active only %s time", "active only %s times", whole)
        if not raises:
            form = ngettext("active %s time", "active %s times", whole)
    elif fact is Fact.TENURE:
        form = ngettext("with you for %s day", "with you for %s days", whole)
    else:
        form = ngettext("opened %s message lately", "opened %s messages lately", whole)
    return form % f"{whole:,}"
