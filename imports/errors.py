from marketing_os.lib.errors import DomainError


class UnknownEncodingError(DomainError):
    """A file is in no encoding that can be told for sure; a person must name it."""


class MappingError(DomainError):
    """A column cannot become what was asked; `column` is its header ("": none)."""

    def __init__(self, message: str, column: str = "") -> None:
        super().__init__(message)
        self.column = column


class JobStateError(DomainError):
    """An import is not in the state that a verb needs."""


class TooLongError(DomainError):
    """A worker's time for one step of an import was over before it ended."""

    def __init__(self) -> None:
        super().__init__(
            "This file takes a worker too long to read or check. Import it in parts, or by"
            " a command (manage.py import_…), which has no limit."
        )


class StoppedError(Exception):
    """Somebody cancelled or changed the job while a worker was at it."""
