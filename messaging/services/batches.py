"""The very bytes of a request, kept until its answer is known.

Most of a newsletter is the same for everybody. What several mails of a request share is
written once, so a hundred mails of 25 KB take little more than what is personal in them;
and being whole in itself, a request stays what it was whatever becomes of its template.
"""

from collections import Counter
from collections.abc import Sequence

import zstandard

from messaging.channels.base import Channel, Parcel
from messaging.models import FrozenBatch
from messaging.services.statements import fetch

_LEVEL = 1
_FREEZE = """
INSERT INTO delivery_batches (key, provider, delivery_ids, body)
VALUES (%(key)s, %(provider)s, %(ids)s::bigint[], %(body)s::bytea)
RETURNING key
"""


def freeze_batch(channel: Channel, parcels: Sequence[Parcel]) -> None:
    """Keep a request as it is about to be made."""
    if parcels:
        values = {
            "key": parcels[0].key,
            "provider": channel.name,
            "ids": [parcel.delivery_id for parcel in parcels],
            "body": zstandard.compress(_written(parcels), _LEVEL),
        }
        fetch(_FREEZE, values)


def bodies_of(batch: FrozenBatch) -> list[bytes]:
    """Return the mails of a request that was kept, in their order."""
    body = bytes(batch.body)
    # Requests from before they were compressed are plain JSON.
    plain = body if body.startswith(b"{") else zstandard.decompress(body)
    first, *lines = plain.split(b"\n")
    if not first.startswith(b"\0"):
        # Of before what mails share was written once: each line is a whole mail.
        return [first, *lines]
    shared = first[1:].split(b"\0")
    return [_joined(line, shared) for line in lines]


def _written(parcels: Sequence[Parcel]) -> bytes:
    """Write shared pieces in the first line, then a mail per line.

    Each shared piece stands behind a zero byte; in a mail its number stands for it,
    between two of them. No piece holds a line end or a zero byte itself.
    """
    uses = Counter([id(piece) for parcel in parcels for piece in parcel.pieces])
    shared: list[bytes] = []
    numbers: dict[int, bytes] = {}
    lines = []
    for parcel in parcels:
        line = []
        for piece in parcel.pieces:
            if uses[id(piece)] == 1:
                line.append(piece)
                continue
            if id(piece) not in numbers:
                numbers[id(piece)] = b"\0%d\0" % len(shared)
                shared.append(piece)
            line.append(numbers[id(piece)])
        lines.append(b"".join(line))
    return b"\n".join([b"\0" + b"\0".join(shared), *lines])


def _joined(line: bytes, shared: Sequence[bytes]) -> bytes:
    pieces = line.split(b"\0")
    pieces[1::2] = [shared[int(number)] for number in pieces[1::2]]
    return b"".join(pieces)
