from collections.abc import Mapping

from marketing_os.lib.errors import DomainError


class AutomationError(DomainError):
    """An automation cannot be saved or started; `errors` says why by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)
