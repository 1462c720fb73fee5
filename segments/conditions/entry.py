"""Read the values of one JSON object, and say what is wrong with its path."""

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from segments.errors import ConditionError

LONGEST_TEXT = 2_000
MOST_VALUES = 200
BIGGEST_NUMBER = 1e30
MOST_DAYS = 36_500
MOST_TIMES = 1_000_000
BIGGEST_ID = 2**63 - 1


class Entry:
    """One object of the tree. Every getter raises ConditionError for a bad value."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            raise ConditionError(_("Here belongs an object with names."), path)
        self.values = value
        self.path = path

    def at(self, key: str) -> str:
        """Return the path of one value of this object."""
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, message: str) -> ConditionError:
        return ConditionError(message, self.at(key))

    def insist_on_keys(self, allowed: Collection[str]) -> None:
        for key in self.values:
            if key not in allowed:
                raise self.refuse(
                    str(key)[:100],
                    _("“%(key)s” is not known here; there are %(allowed)s.")
                    % {"key": str(key)[:100], "allowed": ", ".join(allowed)},
                )

    def has(self, key: str) -> bool:
        return self.values.get(key) is not None

    def text(self, key: str, *, default: str | None = None) -> str:
        if not self.has(key) and default is not None:
            return default
        return checked_text(self.values.get(key), self.at(key))

    def choice(
        self, key: str, allowed: Iterable[str], *, default: str | None = None
    ) -> str:
        found = self.text(key, default=default)
        listed = list(allowed)
        if found not in listed:
            raise self.refuse(
                key,
                _("Choose one of: %s.") % ", ".join(name for name in listed if name),
            )
        return found

    def flag(self, key: str) -> bool:
        found = self.values.get(key, False)
        if not isinstance(found, bool):
            raise self.refuse(key, _("This is either true or false."))
        return found

    def whole(self, key: str, *, least: int = 0, most: int = MOST_TIMES) -> int:
        return checked_whole(self.values.get(key), self.at(key), least, most)

    def number(self, key: str) -> int | float:
        return checked_number(self.values.get(key), self.at(key))

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(
            checked_text(value, path) for value, path in self.listed(key, least=1)
        )

    def listed(self, key: str, *, least: int = 0) -> list[tuple[Any, str]]:
        """Return the values of a list, each with its path."""
        found = self.values.get(key)
        if found is None and not least:
            return []
        return checked_list(found, self.at(key), least)


def checked_list(value: Any, path: str, least: int = 1) -> list[tuple[Any, str]]:
    if not isinstance(value, list):
        raise ConditionError(_("Here belongs a list."), path)
    if len(value) < least:
        raise ConditionError(_("Enter at least one value."), path)
    if len(value) > MOST_VALUES:
        raise ConditionError(
            _("These are more than %s values; put them on a list.") % MOST_VALUES, path
        )
    return [(item, f"{path}[{place}]") for place, item in enumerate(value)]


def checked_text(value: Any, path: str) -> str:
    if value is None or value == "":
        raise ConditionError(_("Enter or choose a value."), path)
    if not isinstance(value, str):
        raise ConditionError(_("Here belongs a text."), path)
    if len(value) > LONGEST_TEXT:
        raise ConditionError(
            _("The text is longer than %s characters.") % f"{LONGEST_TEXT:,}", path
        )
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ConditionError(_("The text contains a broken character."), path)
    return value


def checked_number(value: Any, path: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConditionError(_("Enter a number."), path)
    if not -BIGGEST_NUMBER < value < BIGGEST_NUMBER or math.isnan(value):
        raise ConditionError(_("The number is too big."), path)
    return value


def checked_whole(value: Any, path: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConditionError(_("Enter a whole number."), path)
    if not least <= value <= most:
        raise ConditionError(
            _("Enter a whole number from %(least)s to %(most)s.")
            % {"least": f"{least:,}", "most": f"{most:,}"},
            path,
        )
    return value


def checked_day(value: Any, path: str) -> dt.date:
    try:
        found = dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    # Room on both sides for time zones and for counting days.
    if found is None or not 1000 <= found.year <= 9900:
        raise ConditionError(_("Enter a date such as 2026-01-31."), path)
    return found
