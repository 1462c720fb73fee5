from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError

_WITH_LINES = ("message", "body_text")


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong at one place of a field; `line` and `column` count from 1.

    Without a place both are 0.
    """

    line: int
    column: int
    message: str
    field: str = "message"
    level: str = "error"

    def __str__(self) -> str:
        if not self.line or self.field not in _WITH_LINES:
            return self.message
        return _("Line %(line)s: %(message)s") % {
            "line": self.line,
            "message": self.message,
        }

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class TemplateProblems(DomainError):  # noqa: N818 - named for the fact
    """A template that cannot be compiled, with every reason that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(" ".join(map(str, self.problems)))
