"""The call: what was asked of the queue, read by the rules for input.

A call knows which rules it offends (IN), and whether it asks for something that
only the `input` profile speaks about; so the requirements of `core` judge valid input
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from labelqueue.contract import DEFAULT_LABEL_CONFIDENCE_THRESHOLD
from labelqueue.spec.bucket import Bucket, Offence, has_lone_surrogate, is_number
from labelqueue.spec.seen import ABSENT

__all__ = ["Call", "Operation"]

Operation = Literal[
    "open",
    "enqueue_low_confidence",
    "enqueue_drift",
    "get_pending",
    "mark_done",
    "all_items",
    "clock",
    "reopen",
    "store",
]
"""What may be asked of a queue, and what is done to its circumstances between two calls."""

_BUCKET_KEYS: Final = ("user_id", "bucket_start_ts", "bucket_end_ts")
_COLUMNS: Final = (*_BUCKET_KEYS, "confidence", "predicted_label")


@dataclass(frozen=True)
class Call:
    """What was asked of the queue.

    Attributes:
        do: The operation.
        buckets: The rows of the frame, or the mappings.
        columns: The columns of the frame, where it has rows.
        threshold: As handed in; `ABSENT` when left out.
        is_odd_frame: Whether the frame has an index, an order of columns or
            further columns that must not matter.
        user_id: As handed in.
        limit: As handed in.
        request_id: As handed in.
        status: As handed in; `ABSENT` when left out.
        max_asks_per_day: The cap of a reopening; `ABSENT` when it stays.
        is_of_other_kind: Whether an argument is a number of a library's own.
    """

    do: Operation
    buckets: tuple[Bucket, ...] = ()
    columns: frozenset[str] = frozenset(_COLUMNS)
    threshold: Any = ABSENT
    is_odd_frame: bool = False
    user_id: Any = None
    limit: Any = None
    request_id: Any = None
    status: Any = ABSENT
    max_asks_per_day: Any = ABSENT
    is_of_other_kind: bool = False

    @cached_property
    def offences(self) -> tuple[Offence, ...]:
        """Every rule for input that the call offends; none for a valid one."""
        return tuple(self._offences())

    @cached_property
    def is_beyond_core(self) -> bool:
        """Whether the call is invalid, or valid by a rule of the `input` profile alone."""
        if self.offences or self.is_of_other_kind:
            return True
        # A row that is not selected may hold anything (IN-3), and then is no valid input of core.
        everything = self.buckets
        return (
            any(bucket.is_beyond_core or any(bucket.offences(0)) for bucket in everything)
            or has_lone_surrogate(self.user_id)
            or has_lone_surrogate(self.request_id)
        )

    def _offences(self) -> Iterator[Offence]:
        if self.threshold is not ABSENT and not is_number(self.threshold):
            yield Offence("IN-6", None, "threshold", self.threshold)
            return
        if self.limit is not None and not _is_count(self.limit):
            yield Offence("IN-8", None, "limit", self.limit)
        if self.max_asks_per_day not in (ABSENT, None) and not _is_count(self.max_asks_per_day):
            yield Offence("IN-9", None, "max_asks_per_day", self.max_asks_per_day)
        if self.do == "mark_done" and self.status not in (ABSENT, "labeled", "skipped"):
            yield Offence("IN-10", None, "status", self.status)
        if self.buckets:
            yield from self._offences_of_rows()

    def _offences_of_rows(self) -> Iterator[Offence]:
        needed = _COLUMNS if self.do == "enqueue_low_confidence" else _BUCKET_KEYS
        if self.do == "enqueue_low_confidence":
            missing = [Offence("IN-2", None, name, None) for name in needed if name not in self.columns]
        else:
            missing = [
                Offence("IN-2", place, name, None)
                for place, bucket in enumerate(self.buckets)
                for name in needed
                if name not in bucket.keys
            ]
        if missing:
            yield from missing
            return
        for place, bucket in enumerate(self.buckets):
            is_odd = bucket.offends_by_confidence()
            if is_odd:
                yield Offence("IN-5", place, "confidence", bucket.values.get("confidence"))
            # Whether a row without a real confidence is selected is open: what else is
            # wrong with it may be named instead.
            if is_odd or bucket.is_selected(self.threshold_in_force):
                yield from bucket.offences(place)

    @property
    def status_in_force(self) -> str:
        """The status that a mark gives."""
        return "labeled" if self.status is ABSENT else str(self.status)

    @property
    def threshold_in_force(self) -> float:
        """The threshold; drift has none, so every bucket is below it."""
        if self.do == "enqueue_drift":
            return float("inf")
        if self.threshold is ABSENT:
            return DEFAULT_LABEL_CONFIDENCE_THRESHOLD
        threshold: float = self.threshold
        return threshold


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
