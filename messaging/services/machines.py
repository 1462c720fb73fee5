"""Telling people from the programs that open mails and links before them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

LIST = Path(__file__).parents[1] / "machines.txt"
# Nobody reads a mail and follows its link within so short a time.
TOO_EARLY = timedelta(seconds=5)
# Nobody follows so many different links of a mail within so short a time.
BURST, BURST_LINKS = timedelta(seconds=3), 3

HEAD, PREFETCH, KNOWN, EARLY, AT_ONCE = (
    "only asked",
    "fetched ahead",
    "known program",
    "right after sending",
    "all links at once",
)


@dataclass(frozen=True)
class Visit:
    """A request for a link or a picture, with what tells who made it.

    `is_signed` says that a member's own session made it.
    """

    method: str
    agent: str
    is_prefetch: bool
    at: datetime
    is_signed: bool = False


def machine_reason(visit: Visit, sent_at: datetime | None) -> str:
    """Say by what a visit is known to be a program's, or "" for a person's.

    `sent_at` is when the mail was taken by the mail server; None if it is not known.
    """
    if visit.method == "HEAD":
        return HEAD
    if visit.is_prefetch:
        return PREFETCH
    if visit.is_signed:
        return ""
    if not visit.agent.strip() or _known().search(visit.agent.strip().lower()):
        return KNOWN
    if sent_at is not None and visit.at - sent_at < TOO_EARLY:
        return EARLY
    return ""


@lru_cache(maxsize=1)
def _known() -> re.Pattern[str]:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
