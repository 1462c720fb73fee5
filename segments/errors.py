from marketing_os.lib.errors import DomainError


class SegmentError(DomainError):
    """A segment cannot be looked up or changed; says why, never with data in it.

    `line` and `column` point into the author's SQL or function, counted from 1.
    """

    def __init__(
        self, message: str, *, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class ConditionError(SegmentError):
    """A tree of conditions is wrong at `path`, such as "all[2].value"."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path
