"""Which conversions there are, in the order in which customers go through them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from funnel.models import ConversionName
from funnel.models.conversion import BUILT_IN_NAMES


@dataclass(frozen=True)
class Conversion:
    """A step of the way from stranger to regular; `place` orders them."""

    name: str
    place: int
    description: Any = ""


_MEANINGS = (
    _("Signed up."),
    _("Came to a first session."),
    _("Became a paying member."),
    _("Came to a first paid session."),
)
# Ten apart, so that others find a place between them.
BUILT_IN = tuple(
    Conversion(name, 10 * place, meaning)
    for place, (name, meaning) in enumerate(
        zip(BUILT_IN_NAMES, _MEANINGS, strict=True), 1
    )
)


def known_conversions() -> list[Conversion]:
    """List the conversions of the product and those that staff added, in order."""
    added = ConversionName.objects.values_list("name", "place", "description")
    known = [*BUILT_IN, *(Conversion(*one) for one in added)]
    return sorted(known, key=lambda one: (one.place, one.name))
