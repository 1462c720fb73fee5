"""What a channel is given, and what it answers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto


@dataclass(frozen=True)
class Mail:
    """One message to one address, with all that its headers say.

    `key` names this attempt; a message that goes out under the same key twice is the
    same message. `page` is its HTML in pieces, of which the long ones often are those
    of other mails too. Marketing has an `unsubscribe_url`, other mail has none. By
    `feedback_id` a mailbox provider tells which dispatch people complain about.
    """

    key: str
    message_id: str
    date: datetime
    sender_address: str
    sender_name: str
    reply_to: str
    address: str
    subject: str
    page: tuple[str, ...]
    text: str
    unsubscribe_url: str = ""
    feedback_id: str = ""

    @property
    def html(self) -> str:
        return "".join(self.page)


@dataclass(frozen=True)
class Parcel:
    """A mail in the form in which a channel hands it over.

    Its `pieces` follow each other without anything between them.
    """

    delivery_id: int
    key: str
    sender_address: str
    address: str
    pieces: Sequence[bytes]

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


class Verdict(Enum):
    """What is known after a message was handed over, or was not."""

    ACCEPTED = auto()
    REJECTED = auto()
    NOT_SENT = auto()
    UNKNOWN = auto()
    ASK_AGAIN = auto()


class LostAnswer(Enum):
    """What may be done about a message whose answer was lost."""

    STAYS_UNKNOWN = auto()
    ASK_AGAIN = auto()
    SEND_AGAIN = auto()


@dataclass(frozen=True)
class Outcome:
    """The answer for one message, in words for a person in `detail`.

    `is_down` says that the provider as a whole cannot be used just now, and
    `retry_after` for how many seconds it asked to be left alone.
    """

    verdict: Verdict
    detail: str = ""
    provider_id: str = ""
    is_down: bool = False
    retry_after: float | None = None


class ImpossibleMailError(Exception):
    """A mail that cannot be written: a header or an address that is none.

    `is_address` tells which of both it is.
    """

    def __init__(self, sentence: str, *, is_address: bool) -> None:
        super().__init__(sentence)
        self.is_address = is_address


def do_nothing() -> bool:
    """Be the work that there is not."""
    return False


class Channel(ABC):
    """A way out.

    At most `claim_size` messages are held for it, and `chunk_size` are begun before
    their answers are written down. Where a lost
    answer can be asked for again, a chunk is one request whose key is its first
    parcel's, and a parcel's pieces hold no control characters.
    """

    name: str
    chunk_size: int
    claim_size: int = 200
    lost_answer: LostAnswer

    @property
    def requests_per_second(self) -> float | None:
        """How many chunks all workers together may hand over; None for any number."""
        return None

    @abstractmethod
    def pack(self, delivery_id: int, mail: Mail) -> Parcel:
        """Write a mail in the channel's form, or raise ImpossibleMailError."""

    @abstractmethod
    def send(
        self,
        parcels: Sequence[Parcel],
        lease_is_over: Callable[[], bool],
        meanwhile: Callable[[], bool] = do_nothing,
    ) -> Iterator[tuple[Parcel, Outcome]]:
        """Hand over the parcels and yield what became of each.

        Never raises, and begins nothing once the lease is over. No database
        transaction may be open meanwhile. Where there is only an answer to wait for,
        `meanwhile` may be called: a little work, False when none is left.
        """
