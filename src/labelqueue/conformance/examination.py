"""An examination: one store of a subject, taken through steps, every step observed.

The examination does what a careful person would do around every call: read
`all_items` before and after, ask again, spoil the lists that came back, read the
store through another handle, look at what was written.  Where all of this could
put right what a queue remembers wrongly, it asks the queue nothing but the steps,
and another handle what there is.  It judges nothing; the requirements do.
"""

from __future__ import annotations

import os
import warnings
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from labelqueue.conformance.handed_out import HandedOut
from labelqueue.conformance.steps import Step, call_of, moment_of, resolved
from labelqueue.conformance.subjects.beside import Beside, requests_in
from labelqueue.conformance.subjects.glimpses import reading_meanwhile
from labelqueue.conformance.subjects.store import StoreFolder
from labelqueue.conformance.subjects.subject import Answer, Handle, RefusedError, Subject
from labelqueue.spec import ABSENT, REQUIREMENTS, Observation, Refusal, Seen, Spoiled
from labelqueue.spec.queue_file import FileState

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Examination"]

_CHANGING: Final = ("enqueue_low_confidence", "enqueue_drift", "mark_done")
_INPUT: Final = tuple(rule for rule in REQUIREMENTS.values() if rule.profile == "input")


class Examination:
    """A subject over one store; use it as a context manager.

    Attributes:
        bound: Ids that cases bound by name.
    """

    def __init__(
        self,
        subject: Subject,
        *,
        now: datetime,
        max_asks_per_day: int | None = None,
        runs: bool = False,
        watch: bool = False,
        has_folder: bool = False,
        reads_beside: bool = False,
    ) -> None:
        """Say what to examine and under which circumstances.

        Args:
            subject: The subject.
            now: Where the clock stands at first, aware.
            max_asks_per_day: The cap, or `None` to leave it out.
            runs: Whether the clock runs on instead of standing.
            watch: Whether readers look at the store while calls write to it.
            has_folder: Whether the folder of the store is there beforehand.
            reads_beside: Whether what is there is read through another handle, so that
                the one that is examined is asked nothing but the steps.
        """
        self._reads_beside = reads_beside
        self._has_folder = has_folder
        self._subject = subject
        self._now = now
        self._cap = max_asks_per_day
        self._runs = runs
        self._watch = watch
        self._is_path = subject.claims.store == "path"
        self._caps = {max_asks_per_day}
        self._items: tuple[Seen, ...] = ()
        self._enqueued: dict[str, None] = {}
        self._handle: Handle | None = None
        self._stored: tuple[Seen, ...] | str | None = None  # as long as nothing is written
        self._file: FileState | None = None
        self._handed_out = HandedOut()
        self._is_tainted = False
        self._is_written_by_others = False
        self._is_changed = False
        self._is_store_broken = False
        self.bound: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Make the folder and set the clock."""
        with ExitStack() as stack:
            self._store = StoreFolder(has_folder=self._has_folder)
            stack.callback(self._store.remove)
            self._beside = Beside(self._subject, self._store)
            self._clock = self._subject.clock(self._now, runs=self._runs)
            stack.callback(self._clock.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the queue, give the clock back and remove the store."""
        self._close()
        self._stack.close()

    @property
    def items(self) -> tuple[Seen, ...]:
        """What `all_items` said last."""
        return self._items

    def open(self) -> Observation:
        """Open the queue over a store that does not exist."""
        look = self._store.look()
        evidence: dict[str, Any] = {"refusal": self._open()}
        if self._is_path:
            self._all_items()  # reading may not create anything either
            evidence["created"] = self._store.created_since(look)
            evidence["written"] = self._store.written_since(look)
        return self._observe({"do": "open"}, was_store_there=False, **evidence)

    def take(self, step: Step) -> Observation:
        """Take one step and observe it.

        Args:
            step: Any step; `$ref` and `$place` are resolved here.
        """
        step = resolved(step, self.bound, self._items)
        if step["do"] == "clock":
            self._clock.set(moment_of(step["now"]).astimezone(UTC))
            return self._observe(step)
        if step["do"] == "store":
            return self._change_outside(step)
        if step["do"] == "reopen":
            return self._reopen(step)
        return self._call(step)

    def _call(self, step: Step) -> Observation:
        there, look, now = self._store.is_there, self._store.look_before(), self._clock.earliest
        copies: list[Path] = []
        glimpses: list[tuple[Seen, ...] | str] = []
        is_watched = self._watch and step["do"] in _CHANGING
        evidence: dict[str, Any] = {"now": now, "follows_change": self._is_changed}
        self._is_changed = False
        answer: Answer | None = None
        warned: list[warnings.WarningMessage] = []
        try:
            with ExitStack() as stack:
                if is_watched and self._is_path:
                    stack.enter_context(self._open_handle.watched(self._store, copies))
                elif is_watched:
                    stack.enter_context(reading_meanwhile(self._beside.items_now, glimpses))
                warned = stack.enter_context(warnings.catch_warnings(record=True))
                warnings.simplefilter("always")
                answer = self._open_handle.perform(step)
        except RefusedError as refused:
            evidence["refusal"] = refused.refusal
        evidence["warning"] = next((str(warning.message) for warning in warned), None)
        evidence["until"] = self._clock.latest
        if self._is_path:
            # Who takes its lock before it judges may make the folder for it; a call that is refused may leave that.
            evidence["written"] = self._store.written_since(look, counts_folders=answer is not None)
            evidence["created"] = self._store.created_since(look)
            evidence["is_store_there"] = self._store.is_there
        if is_watched:
            evidence["glimpses"] = (*glimpses, *(self._beside.items_of(copy) for copy in copies))
        if answer is not None:
            evidence["result"] = answer.value
            evidence["changed_argument"] = answer.changed_argument
            if step["do"] in ("get_pending", "all_items") and not self._reads_beside:
                evidence |= self._ask_again(step, answer)
        if evidence.get("written", True):
            self._stored = None
        if step["do"] in _CHANGING:
            self._stored = self._beside.items() if self._stored is None else self._stored
            evidence["stored"] = self._stored
        return self._observe(step, was_store_there=there if self._is_path else None, **evidence)

    def _change_outside(self, step: Step) -> Observation:
        self._store.change(step)
        self._stored = None
        file = self._store.file()
        self._is_store_broken = file is not None and file.error is not None
        self._is_written_by_others = not self._is_store_broken and (self._is_written_by_others or not self._is_tainted)
        self._is_tainted = self._is_changed = True
        return self._observe(step, result=None if file is None or self._is_store_broken else file.plain_items)

    def _open_with(self, cap: Any) -> Observation:  # noqa: ANN401 - a cap that is none
        """Open another handle that must be refused; the queue stays as it is."""
        step = {"do": "reopen", "max_asks_per_day": cap}
        look = self._store.look_before()
        refusal = None
        try:
            self._subject.open(self._store.path, cap).close()
        except RefusedError as refused:
            refusal = refused.refusal
        written = self._store.written_since(look) if self._is_path else None
        return self._observe(step, refusal=refusal, written=written)

    def _open_beside(self, cap: int | None) -> Observation:
        """Open another instance with a cap of its own, ask it, and let it go; the queue stays as it is."""
        # A queue may hold its store for itself.
        with suppress(RefusedError), closing(self._subject.open(self._store.path, cap)) as other:
            other.perform({"do": "get_pending"})
        return self._observe({"do": "reopen"})

    def _reopen(self, step: Step) -> Observation:
        if step.get("beside"):
            return self._open_beside(step["max_asks_per_day"])
        if call_of(step).offences:
            return self._open_with(step["max_asks_per_day"])
        self._is_changed = False
        ask = {"do": "get_pending"}
        pending_before = self._value_of(ask)
        cap = step.get("max_asks_per_day", self._cap)
        is_same_cap = cap == self._cap
        self._cap = cap
        self._caps.add(cap)
        self._close()  # first: a subject may hold its store for itself
        there = self._store.is_there
        look = self._store.look()
        refusal = self._open()
        evidence: dict[str, Any] = {}
        if refusal is None:
            if self._is_path:
                evidence["created"] = self._store.created_since(look)
            if is_same_cap:
                evidence["pending_before"] = pending_before
                evidence["pending_after"] = self._value_of(ask)
        return self._observe(step, refusal=refusal, was_store_there=there if self._is_path else None, **evidence)

    @property
    def _open_handle(self) -> Handle:
        # A constructor that refused may succeed now: the store may have been mended.
        refusal = self._open() if self._handle is None else None
        if self._handle is None:
            raise RefusedError(refusal or Refusal("other", "found no queue"))
        return self._handle

    def _close(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _open(self) -> Refusal | None:
        self._stored = None
        try:
            self._handle = self._subject.open(self._store.path, self._cap)
        except RefusedError as refused:
            return refused.refusal
        return None

    def _observe(self, step: Step, **evidence: Any) -> Observation:  # noqa: ANN401 - fields of Observation
        before, enqueued = self._items, tuple(self._enqueued)
        # A file that somebody has just broken is left for the next call to find.
        is_just_broken = step["do"] == "store" and self._is_store_broken
        look = self._store.look_before() if step["do"] == "store" and not is_just_broken and self._is_path else None
        after = () if is_just_broken else self._all_items()
        if look is not None:
            evidence["written"] = self._store.written_since(look)
        file_before, self._file = self._file, self._store.file() if self._is_path else None
        if isinstance(after, Refusal):
            # A store that nobody can read must be refused; that is no fault of the call's.
            if not self._is_store_broken:
                evidence.setdefault("refusal", after)
            after = ()
        self._items = after
        self._enqueued.update(dict.fromkeys(_in_order_of_rows(before, after)))
        evidence.setdefault("now", self._clock.earliest)
        evidence.setdefault("until", self._clock.latest)
        call = call_of(step)
        seen = Observation(
            call=call,
            max_asks_per_day=self._cap,
            file_before=file_before,
            file_after=self._file,
            umask=_umask(),
            is_tainted=self._is_tainted,
            is_written_by_others=self._is_written_by_others,
            is_store_broken=self._is_store_broken,
            other_caps=len(self._caps) > 1,
            before=before,
            after=after,
            enqueued=enqueued,
            **evidence,
        )
        # What was let in against the rules for input makes no queue that `core` speaks about.
        if call.is_beyond_core and any(rule.judge(seen) for rule in _INPUT):
            self._is_tainted, self._is_written_by_others = True, False
        return seen

    def _all_items(self) -> tuple[Seen, ...] | Refusal:
        if self._reads_beside:
            stored = self._beside.items()
            return Refusal("other", stored) if isinstance(stored, str) else stored
        try:
            answer = self._open_handle.all_items()
        except RefusedError as refused:
            return refused.refusal
        self._handed_out.hold(answer.raw)
        return requests_in(answer.value)

    def _value_of(self, step: Step) -> Any:  # noqa: ANN401 - anything the subject returns
        try:
            return self._open_handle.perform(step).value
        except RefusedError as refused:
            return refused.refusal.message

    def _ask_again(self, step: Step, answer: Answer) -> dict[str, Any]:
        try:
            again = self._open_handle.perform(step)
            listed = self._open_handle.all_items()
            for raw in (answer.raw, again.raw, listed.raw):
                self._handed_out.spoil(raw)
            has_one = step["do"] == "get_pending" and step.get("limit") is None
            first = self._open_handle.perform({**step, "limit": 1}).value if has_one else ABSENT
            anew = self._open_handle.perform(step)
            self._handed_out.hold(anew.raw)
            items = self._open_handle.all_items()
        except RefusedError as refused:
            return {"again": [], "refusal": refused.refusal}
        is_refilled = self._handed_out.is_changed
        spoiled = Spoiled(result=anew.value, items=items.value, first=first, is_refilled=is_refilled)
        return {"again": again.value, "spoiled": spoiled}


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _in_order_of_rows(before: tuple[Seen, ...], after: tuple[Seen, ...]) -> list[str]:
    known = {request.request_id for request in before}
    return [request.request_id for request in after if request.request_id not in known]
