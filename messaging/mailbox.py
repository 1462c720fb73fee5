"""Reading the local mailbox: the folder that holds mail instead of sending it."""

import email
import email.policy
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

_NAME = re.compile(r"[A-Za-z0-9-]{1,80}")
_HEAD_BYTES = 16 * 1024


@dataclass(frozen=True)
class KeptMail:
    """One mail of the mailbox, as far as a list shows it."""

    name: str
    kept_at: datetime
    to: str
    subject: str

    def matches(self, words: list[str], *, in_subject: bool) -> bool:
        text = (f"{self.to} {self.subject}" if in_subject else self.to).lower()
        return all(word in text for word in words)


def kept_mails(search: str = "", *, in_subjects: bool = True) -> Iterator[KeptMail]:
    """Return the mails of which the receiver and the subject hold every word.

    The newest comes first; files are read only as far as somebody asks.
    """
    words = search.lower().split()
    try:
        with os.scandir(settings.MAILBOX_DIR) as entries:
            found = [
                (entry.stat().st_mtime, entry.name)
                for entry in entries
                if entry.name.endswith(".eml")
            ]
    except FileNotFoundError:
        return
    for moment, name in sorted(found, reverse=True):
        mail = _head(name.removesuffix(".eml"), moment)
        if mail is not None and mail.matches(words, in_subject=in_subjects):
            yield mail


def page_of_mails(
    search: str, start: int, size: int, *, in_subjects: bool = True
) -> tuple[list[KeptMail], bool]:
    """Return some mails from `start` on, and whether there are more."""
    found = kept_mails(search, in_subjects=in_subjects)
    mails = list(itertools.islice(found, start, start + size + 1))
    return mails[:size], len(mails) > size


def open_mail(name: str) -> EmailMessage | None:
    """Return a whole mail, or None if there is none of that name."""
    if not _NAME.fullmatch(name):
        return None
    try:
        data = _path(name).read_bytes()
    except FileNotFoundError:
        return None
    return email.message_from_bytes(data, policy=email.policy.default)


def mails_to(addresses: Iterable[str]) -> list[KeptMail]:
    """List the mails to any of the addresses, which are in lower case."""
    return [
        mail
        for mail in kept_mails()
        if any(address in mail.to.lower() for address in addresses)
    ]


def mails_of(delivery_ids: Iterable[int]) -> list[str]:
    """Name the mails of deliveries that are there."""
    names = (str(number) for number in delivery_ids)
    return [name for name in names if _path(name).exists()]


def throw_away(names: Iterable[str]) -> None:
    """Delete mails from the mailbox."""
    for name in names:
        _path(name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    return Path(settings.MAILBOX_DIR) / f"{name}.eml"


def part_of(message: EmailMessage, kind: str) -> str:
    """Return the text of a mail's part, "html" or "plain"."""
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _head(name: str, moment: float) -> KeptMail | None:
    try:
        with _path(name).open("rb") as file:
            head = file.read(_HEAD_BYTES).partition(b"\r\n\r\n")[0]
    except FileNotFoundError:
        return None
    message = email.message_from_bytes(head, policy=email.policy.default)
    return KeptMail(
        name=name,
        kept_at=datetime.fromtimestamp(moment, UTC),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
    )
