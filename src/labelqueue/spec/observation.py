"""The observation: one call on a queue, with all that was seen around it.

Requirements judge observations and know nothing else: no implementation, no
model, no test framework.  An observation says what was asked, what `all_items`
said before and after, what came back or how it was refused, and the clock and
the cap at that moment; and, where the subject let them be seen, what the store
then held, what was written, and what a reader saw while it was being written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from labelqueue.contract import DEFAULT_LABEL_CONFIDENCE_THRESHOLD, DEFAULT_LABEL_MAX_ASKS_PER_DAY
from labelqueue.errors import shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ABSENT", "FIELDS", "Bucket", "Call", "Observation", "Operation", "Refusal", "Seen", "utc"]

Operation = Literal[
    "open",
    "enqueue_low_confidence",
    "enqueue_drift",
    "get_pending",
    "mark_done",
    "all_items",
    "clock",
    "reopen",
]

FIELDS: Final = (
    "request_id",
    "user_id",
    "bucket_start_ts",
    "bucket_end_ts",
    "reason",
    "confidence",
    "predicted_label",
    "created_at",
    "status",
)


_IS_OF_KIND: Final[dict[str, Callable[[Any], bool]]] = {
    "request_id": lambda value: isinstance(value, str),
    "user_id": lambda value: isinstance(value, str),
    "bucket_start_ts": lambda value: isinstance(value, datetime),
    "bucket_end_ts": lambda value: isinstance(value, datetime),
    "reason": lambda value: value in ("low_confidence", "drift"),
    # Languages without integers of their own may answer 0 for 0.0.
    "confidence": lambda value: value is None or type(value) is int or isinstance(value, float),
    "predicted_label": lambda value: value is None or isinstance(value, str),
    "created_at": lambda value: isinstance(value, datetime),
    "status": lambda value: value in ("pending", "labeled", "skipped"),
}


class _Absent:
    """What stands for a field that a request does not have, or an argument left out."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()


def utc(moment: datetime) -> datetime:
    """Return the instant as aware UTC; a naive one means UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it was seen: nine values as they came, or `ABSENT`.

    Nothing is coerced, so that a requirement can say that a value is of the
    wrong kind; `further` names members that a request does not have.
    """

    request_id: Any
    user_id: Any
    bucket_start_ts: Any
    bucket_end_ts: Any
    reason: Any
    confidence: Any
    predicted_label: Any
    created_at: Any
    status: Any
    further: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, datetime]:
        """User and start instant: what the queue tells buckets apart by (DUP-2)."""
        return self.user_id, utc(self.bucket_start_ts)

    @property
    def rank(self) -> float:
        """Where it stands in the order of asking: its confidence, unknown as 0.0 (ORD-2)."""
        return 0.0 if self.confidence is None else self.confidence

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for an answer."""
        return bool(self.status == "pending")

    @property
    def created_on(self) -> Any:  # noqa: ANN401 - a date, when created_at is a datetime
        """The UTC calendar day on which it was made."""
        return utc(self.created_at).date()

    @property
    def problems_of_form(self) -> list[str]:
        """Say which fields are missing, too many, or hold a value of another kind."""
        problems = [
            f"field {field} of a request is {shown(getattr(self, field))}"
            for field in FIELDS
            if not _IS_OF_KIND[field](getattr(self, field))
        ]
        problems.extend(f"a request has a further field {name}" for name in self.further)
        return problems

    def value(self, field: str) -> object:
        """The value of a field, written so that equal means the same to the bit."""
        value = getattr(self, field)
        return repr(value) if isinstance(value, float) else value

    def differs_from(self, other: Seen, *, but: tuple[str, ...] = ()) -> list[str]:
        """Name the fields whose values differ, to the bit."""
        return [field for field in FIELDS if field not in but and self.value(field) != other.value(field)]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of a frame, or a mapping, as the caller handed it in.

    Attributes:
        user_id: The user.
        start: The start as an instant, aware UTC.
        end: The end as an instant, aware UTC.
        confidence: The confidence; `None` where it was absent or `None`.
        predicted_label: The label; `None` where it was absent or `None`.
        wall_start: The start as it was written, without its offset.
        keys: The columns or keys that the row had.
    """

    user_id: str
    start: datetime
    end: datetime
    confidence: float | None
    predicted_label: str | None
    wall_start: datetime
    keys: frozenset[str]

    @property
    def key(self) -> tuple[str, datetime]:
        """User and start instant."""
        return self.user_id, self.start


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked of the queue.

    Attributes:
        do: The operation.
        buckets: The rows of the frame, or the mappings.
        threshold: As handed in; `ABSENT` when left out.
        is_odd_frame: Whether the frame has an index, an order of columns or
            further columns that must not matter.
        user_id: As handed in.
        limit: As handed in.
        request_id: As handed in.
        status: As handed in; `ABSENT` when left out.
    """

    do: Operation
    buckets: tuple[Bucket, ...] = ()
    threshold: Any = ABSENT
    is_odd_frame: bool = False
    user_id: str | None = None
    limit: int | None = None
    request_id: str | None = None
    status: Any = ABSENT


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that came instead of a result.

    Attributes:
        kind: `invalid_input` (the caller's fault), `unreadable_store` or `other`.
        message: What happened, as a clause that continues "the call …".
    """

    kind: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One call on a queue, with all that was seen around it.

    Attributes:
        call: What was asked.
        now: The moment of the call; where the clock runs, its beginning.
        until: The end of the call; the same as `now` where the clock is stopped.
        max_asks_per_day: The cap that the queue was opened with; `None` when it
            was left out.
        before: `all_items` before the call.
        after: `all_items` after it.
        other_caps: Whether this store was opened with another cap before.
        result: What came back: an integer, a list of `Seen`, a `Seen`, `None`,
            or whatever the subject returned instead.
        refusal: The error that came instead, or `None`.
        enqueued: Every id ever seen in this queue, in enqueue order, before the
            call.
        again: What the same call returned when it was asked once more, or
            `None` where it was not.
        after_spoiling: What the call, and `all_items`, returned after the lists
            that came back had been emptied and filled with rubbish.
        changed_argument: How an argument differed after the call, or `None`.
        pending_before: What `get_pending` said before a reopening.
        pending_after: What it said after.
        stored: What another handle read from the store after the call; a clause
            when it could not read; `None` where nobody looked.
        written: Files that were written or removed in the store during the call,
            a lock's sidecar aside, or `None` where the store is no path.
        created: Files and folders that appeared during the call, all of them, or
            `None` where the store is no path.
        is_store_there: Whether the store exists after the call, or `None`.
        was_store_there: Whether it existed before, or `None`.
        glimpses: What readers read from the store while the call was writing.
    """

    call: Call
    now: datetime
    until: datetime
    max_asks_per_day: int | None
    before: tuple[Seen, ...]
    after: tuple[Seen, ...]
    other_caps: bool = False
    result: Any = None
    refusal: Refusal | None = None
    enqueued: tuple[str, ...] = ()
    again: Any = None
    after_spoiling: tuple[Any, Any] | None = None
    changed_argument: str | None = None
    pending_before: Any = None
    pending_after: Any = None
    stored: tuple[Seen, ...] | str | None = None
    written: tuple[str, ...] | None = None
    created: tuple[str, ...] | None = None
    is_store_there: bool | None = None
    was_store_there: bool | None = None
    glimpses: tuple[tuple[Seen, ...] | str, ...] | None = None

    # What follows is the reading of the observation that several requirements
    # share.  Every statement is about this call alone: what was there before it
    # is taken as it was, even if an earlier call did wrong.

    @property
    def cap(self) -> int:
        """The cap in force."""
        if self.max_asks_per_day is None:
            return DEFAULT_LABEL_MAX_ASKS_PER_DAY
        return self.max_asks_per_day

    @property
    def threshold(self) -> float:
        """The threshold in force; drift has none, so every bucket is below it."""
        if self.call.do == "enqueue_drift":
            return float("inf")
        if self.call.threshold is ABSENT:
            return DEFAULT_LABEL_CONFIDENCE_THRESHOLD
        threshold: float = self.call.threshold
        return threshold

    @cached_property
    def selected(self) -> tuple[Bucket, ...]:
        """The buckets that the call is about: below the threshold, or unknown."""
        return tuple(b for b in self.call.buckets if b.confidence is None or b.confidence < self.threshold)

    @cached_property
    def pending_keys(self) -> frozenset[tuple[str, datetime]]:
        """The keys that were pending before the call."""
        return frozenset(request.key for request in self.before if request.is_pending)

    @cached_property
    def expected(self) -> tuple[Bucket, ...]:
        """The buckets that must become requests, in order."""
        first_of: dict[tuple[str, datetime], Bucket] = {}
        for bucket in self.selected:
            if bucket.key not in self.pending_keys:
                first_of.setdefault(bucket.key, bucket)
        return tuple(first_of.values())

    @cached_property
    def duplicates(self) -> tuple[Bucket, ...]:
        """The selected buckets that must not become requests."""
        expected = list(self.expected)
        return tuple(b for b in self.selected if not any(b is e for e in expected))

    @cached_property
    def added(self) -> tuple[Seen, ...]:
        """The requests that are there after the call and were not before, in their order."""
        known = Counter(request.request_id for request in self.before)
        added = []
        for request in self.after:
            if known[request.request_id]:
                known[request.request_id] -= 1
            else:
                added.append(request)
        return tuple(added)

    @cached_property
    def pairs(self) -> tuple[tuple[Bucket, Seen], ...]:
        """Each bucket that must have become a request, beside the request that it became."""
        if len(self.added) == len(self.expected):
            return tuple(zip(self.expected, self.added, strict=True))
        by_key = {bucket.key: bucket for bucket in reversed(self.expected)}
        return tuple((by_key[r.key], r) for r in self.added if r.key in by_key)

    @cached_property
    def not_added(self) -> tuple[Bucket, ...]:
        """The buckets that must have become requests and did not."""
        keys = {request.key for request in self.added}
        return tuple(bucket for bucket in self.expected if bucket.key not in keys)

    @cached_property
    def done_today(self) -> tuple[Seen, ...]:
        """The requests that are done and were created today: those that the cap counts."""
        return tuple(r for r in self.before if not r.is_pending and r.created_on == utc(self.now).date())

    @property
    def remaining(self) -> int:
        """How many asks are left today (CAP-2)."""
        return max(0, self.cap - len(self.done_today))

    @cached_property
    def waiting(self) -> tuple[Seen, ...]:
        """The pending requests that the call may return, in the order of asking."""
        user_id = self.call.user_id
        waiting = [r for r in self.before if r.is_pending and user_id in (None, r.user_id)]
        return tuple(sorted(waiting, key=lambda request: request.rank))  # stable: ties keep their places

    @property
    def most(self) -> int:
        """How many requests `get_pending` must return."""
        most = min(self.remaining, len(self.waiting))
        return most if self.call.limit is None else min(most, self.call.limit)

    @property
    def returned(self) -> tuple[Seen, ...]:
        """What `get_pending` returned; empty when it was no list of requests."""
        if not isinstance(self.result, list):
            return ()
        return tuple(request for request in self.result if isinstance(request, Seen))

    @cached_property
    def target(self) -> Seen | None:
        """The request that `mark_done` named, as it was before the call."""
        return next((r for r in self.before if r.request_id == self.call.request_id), None)

    @cached_property
    def target_after(self) -> Seen | None:
        """The same request as it is after the call."""
        return next((r for r in self.after if r.request_id == self.call.request_id), None)

    @cached_property
    def is_change(self) -> bool:
        """Whether `all_items` differs after the call."""
        return len(self.before) != len(self.after) or any(
            a.differs_from(b) for a, b in zip(self.before, self.after, strict=True)
        )
