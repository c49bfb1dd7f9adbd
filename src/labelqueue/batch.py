"""The batch: buckets that ask to be enqueued, and the requests that are made of them.

One list per member, since that is how the index and the text of new requests are
made fastest.  Times are texts as they stand in the file: one instant, one text.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from labelqueue.canonical import Columns, keys_of, new_texts, time_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from labelqueue.contract import Reason, Status
    from labelqueue.ledger import Bucket

__all__ = ["Batch", "batch_of", "new_ids", "new_requests"]


class Batch(NamedTuple):
    """Buckets, already validated, one list per member.

    Attributes:
        user_ids: Whose buckets they are.
        starts: Their starts, as `time_of` writes them.
        ends: Their ends, likewise.
        confidences: Model confidences, `None` where unknown.
        labels: Model predictions, `None` where unknown.
    """

    user_ids: Sequence[str] = ()
    starts: Sequence[str] = ()
    ends: Sequence[str] = ()
    confidences: Sequence[float | None] = ()
    labels: Sequence[str | None] = ()

    def keys(self) -> list[str]:
        """Return the key of each bucket (DUP-2)."""
        return keys_of(self.user_ids, self.starts)

    def at(self, places: Sequence[int]) -> Batch:
        """Return the buckets at these places, which are in order."""
        if len(places) == len(self.user_ids):
            return self
        chosen: list[list[Any]] = [[column[place] for place in places] for column in self]
        return Batch(*chosen)


def batch_of(buckets: Sequence[Bucket]) -> Batch:
    """Return buckets as a batch."""
    if not buckets:
        return Batch()
    user_ids, starts, ends, confidences, labels = zip(*buckets, strict=True)
    return Batch(user_ids, list(map(time_of, starts)), list(map(time_of, ends)), confidences, labels)


def new_requests(batch: Batch, reason: Reason, created_at: datetime) -> tuple[list[str], Columns]:
    """Make a pending request for every bucket.

    Args:
        batch: The buckets.
        reason: Why they are enqueued.
        created_at: The moment of the call, aware UTC (ENQ-4).

    Returns:
        The canonical texts of the requests, and what the ledger needs to know.
    """
    ids = new_ids(len(batch.user_ids))
    created = time_of(created_at)
    texts = new_texts(ids, *batch, reason=reason, created=created)
    pending: list[Status] = ["pending"] * len(ids)
    return texts, Columns(ids, batch.user_ids, batch.starts, batch.confidences, [created] * len(ids), pending)


def new_ids(count: int) -> list[str]:
    """Return as many new random UUIDs (version 4) in their canonical text form.

    `uuid.uuid4` asks the system for each; 100,000 of them take many times as long.

    Examples:
        >>> import uuid
        >>> [uuid.UUID(each).version for each in new_ids(2)]
        [4, 4]
    """
    octets = bytearray(os.urandom(16 * count))
    octets[6::16] = octets[6::16].translate(_VERSION)
    octets[8::16] = octets[8::16].translate(_VARIANT)
    digits, lines = octets.hex().encode(), bytearray(_LINE * count)
    for digit, place in enumerate(_PLACES):  # of all ids at once
        lines[place :: len(_LINE)] = digits[digit::32]
    return lines.decode().splitlines()


# RFC 9562: which bits tell the version and the variant; the others stay random.
_VERSION = bytes(octet & 0x0F | 0x40 for octet in range(256))
_VARIANT = bytes(octet & 0x3F | 0x80 for octet in range(256))
_LINE = b"-" * 36 + b"\n"
_PLACES = [place for place in range(36) if place not in (8, 13, 18, 23)]
