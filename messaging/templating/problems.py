from dataclasses import asdict, dataclass
from typing import Any

from marketing_os.lib.errors import DomainError


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

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class TemplateProblems(DomainError):  # noqa: N818 - named for the fact
    """A template that cannot be compiled, with every reason that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(" ".join(_sentence(problem) for problem in self.problems))


def _sentence(problem: Problem) -> str:
    if not problem.line:
        return problem.message
    return f"Line {problem.line}: {problem.message}"
