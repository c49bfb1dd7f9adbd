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
from datetime import datetime
from functools import cached_property
from typing import Any

from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY
from labelqueue.spec.bucket import Bucket
from labelqueue.spec.call import Call
from labelqueue.spec.queue_file import FileState
from labelqueue.spec.refusal import Refusal
from labelqueue.spec.seen import ABSENT, Seen, utc

__all__ = ["Observation", "Spoiled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """What a queue returned after the lists that had come back were emptied and filled with rubbish.

    Attributes:
        result: What the same call returned.
        items: What `all_items` returned.
        first: What `get_pending` with a limit of 1 returned; `ABSENT` where it was not asked.
        is_refilled: Whether a list that had come back, then or before, held something else in the end than its
            caller had left in it.
    """

    result: Any
    items: Any
    first: Any = ABSENT
    is_refilled: bool = False


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
        spoiled: What came back once the lists that had come back had been spoiled, or `None` where they were not.
        changed_argument: How an argument differed after the call, or `None`.
        pending_before: What `get_pending` said before a reopening.
        pending_after: What it said after.
        stored: What another handle read from the store after the call; a clause
            when it could not read; `None` where nobody looked.
        written: Files that were written or removed in the store during the call,
            a lock's sidecar aside, and folders that a call made which was not refused;
            `None` where the store is no path.
        created: Files and folders that appeared during the call, all of them, or
            `None` where the store is no path.
        is_store_there: Whether the store exists after the call, or `None`.
        was_store_there: Whether it existed before, or `None`.
        glimpses: What readers read from the store while the call was writing.
        file_before: The queue file before the call, where the store is one.
        file_after: The queue file after it.
        umask: The permission bits that new files of the process do not get.
        warning: A warning that the call left to the user, or `None`.
        is_tainted: Whether something outside `core` happened to this queue before:
            a call broke a rule for input, or the file was changed from outside.
        is_written_by_others: Whether that was nothing else than a sound file that others wrote.
        follows_change: Whether the file was changed from outside since the call before.
        is_store_broken: Whether somebody else left in the store what is no queue file.
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
    spoiled: Spoiled | None = None
    changed_argument: str | None = None
    pending_before: Any = None
    pending_after: Any = None
    stored: tuple[Seen, ...] | str | None = None
    written: tuple[str, ...] | None = None
    created: tuple[str, ...] | None = None
    is_store_there: bool | None = None
    was_store_there: bool | None = None
    glimpses: tuple[tuple[Seen, ...] | str, ...] | None = None
    file_before: FileState | None = None
    file_after: FileState | None = None
    umask: int | None = None
    is_tainted: bool = False
    is_written_by_others: bool = False
    follows_change: bool = False
    is_store_broken: bool = False
    warning: str | None = None

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
        return self.call.threshold_in_force

    @cached_property
    def selected(self) -> tuple[Bucket, ...]:
        """The buckets that the call is about: below the threshold, or unknown."""
        return tuple(bucket for bucket in self.call.buckets if bucket.is_selected(self.threshold))

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
        expected = {id(bucket) for bucket in self.expected}
        return tuple(bucket for bucket in self.selected if id(bucket) not in expected)

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
