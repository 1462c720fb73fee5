"""A folder in the place of a mail server, for development and demos."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from django.conf import settings

from messaging.channels.base import (
    Channel,
    LostAnswer,
    Mail,
    Outcome,
    Parcel,
    Verdict,
    do_nothing,
)
from messaging.channels.mime import write_mail


class MailboxChannel(Channel):
    """Writes each mail into a file of its own.

    The file is named after the delivery, so that writing a mail a second time leaves
    one.
    """

    name = "mailbox"
    chunk_size = 100
    lost_answer = LostAnswer.SEND_AGAIN

    def pack(self, delivery_id: int, mail: Mail) -> Parcel:
        return Parcel(
            delivery_id,
            mail.key,
            mail.sender_address,
            mail.address,
            (write_mail(mail),),
        )

    def send(
        self,
        parcels: Sequence[Parcel],
        lease_is_over: Callable[[], bool],
        meanwhile: Callable[[], bool] = do_nothing,
    ) -> Iterator[tuple[Parcel, Outcome]]:
        for parcel in parcels:
            yield parcel, self._keep(parcel)

    def _keep(self, parcel: Parcel) -> Outcome:
        name = str(parcel.delivery_id) if parcel.delivery_id else parcel.key
        folder = Path(settings.MAILBOX_DIR)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder, f"{name}.eml", parcel.data)
        except OSError as error:
            return Outcome(Verdict.NOT_SENT, str(error), is_down=True)
        return Outcome(Verdict.ACCEPTED, provider_id=name)


def _write(folder: Path, name: str, data: bytes) -> None:
    """Write a file so that nobody ever sees a half of it."""
    handle, unfinished = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(unfinished, folder / name)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise
