"""The observation: one call on a queue, with all that was seen around it.

Requirements judge observations and know nothing else: no implementation, no
model, no test framework.  An observation says what was asked, what `all_items`
said before and after, what came back or how it was refused, and the clock and
the cap at that moment; and, where the subject let them be seen, what the store
then held, what was written, and what a reader saw while it was being written.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY
from labelqueue.spec.call import Bucket, Call
from labelqueue.spec.queue_file import FileState
from labelqueue.spec.seen import Seen, utc

__all__ = ["Observation", "Refusal"]

# Any words will do that leave the caller in doubt, or tell what was not finished.
_SAYS_THAT_IT_MAY_STAND: Final = re.compile(
    r"\b(may|might|could|can|perhaps|possibl[ey]|maybe|unclear|uncertain|unknown|unsure|doubt|took|taken|takes|stands?|"
    r"stood|already|applied|effect|stored|written|saved|kept|visible|replaced|renamed|durab\w+|flush\w*|f?sync\w*|"
    r"folder|director\w+|disk i/o error)\b",  # the last is all that SQLite says of a commit that it cannot vouch for
    re.IGNORECASE,
)

# What rules that out, unless some of these words leave a doubt all the same.
_DENIES: Final = re.compile(
    r"\bnothing (was |is |has |had |has been |had been )?(changed|written|stored|saved|added|happened)\b|\bno change\b|"
    r"\bunchanged\b|\brolled back\b|\bas (it was )?before\b|"
    r"\b(was|is|were|has been|have been) not (been )?(changed|written|stored|saved|added|applied)\b",
    re.IGNORECASE,
)
_DOUBTS: Final = re.compile(
    r"\b(may|might|could have|can|perhaps|possibl[ey]|maybe|unclear|uncertain|unknown|unsure|doubt|took|taken|takes|"
    r"stands?|stood|already|visible|replaced|renamed|durab\w+|survive)\b",
    re.IGNORECASE,
)
# What to do next is no word about what became of the change.
_ADVISES: Final = re.compile(
    r"\b(may|might|can|could) (safely )?(be )?(tr(y|ied)|called|made|repeat\w*|retr\w+)\b", re.IGNORECASE
)

# That something could not be done is no word that it may have been.
_COULD_NOT: Final = re.compile(
    r"\b(could|can) ?not (be )?(writ|sav|stor|chang|appl|add|keep|kept|mark|enqueue|record|persist|updat|replac|renam)\w*",
    re.IGNORECASE,
)

# As in "EIO: i/o error, fsync '/tmp/queue.json'": which system call failed says nothing of the change.
_OF_THE_SYSTEM: Final = re.compile(r"\bE[A-Z]+: [^,;:]+, \w+\b")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that came instead of a result.

    Attributes:
        kind: `invalid_input` (the caller's fault), `unreadable_store`, `no_answer` (none came,
            as from a program that died), or `other`.
        message: What happened, as a clause that continues "the call …".
    """

    kind: str
    message: str

    @property
    def says_that_it_may_stand(self) -> bool:
        """Whether it leaves the caller in doubt whether the change took effect."""
        message = _COULD_NOT.sub("", _OF_THE_SYSTEM.sub("", self.message))
        if _DENIES.search(message) and not _DOUBTS.search(_ADVISES.sub("", message)):
            return False
        return _SAYS_THAT_IT_MAY_STAND.search(message) is not None


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
            that came back had been emptied and filled with rubbish; behind them, where
            no limit was given, what `get_pending` returned with a limit of 1.
        is_refilled: Whether a list that had come back, then or before, held something else in the end than its
            caller had left in it.
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
    after_spoiling: tuple[Any, ...] | None = None
    is_refilled: bool = False
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
