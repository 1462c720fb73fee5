from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How a mailbox would take it."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What one check found, in a sentence that also says what to do.

    `seen` is the record that is there, `wanted` one to publish: "name TXT text".
    """

    kind: str
    verdict: str
    sentence: str
    seen: str = ""
    wanted: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
