from collections.abc import Mapping

from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError


class AutomationError(DomainError):
    """An automation cannot be saved or started; `errors` says why by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def fault_words(error: Exception) -> str:
    """Return why a workflow could not go on; a database's own words may hold values."""
    if isinstance(error, DomainError):
        return str(error)
    return _("A value that the workflow names is out of range.")
