"""Paused: one client is stopped in the middle of a call, and another makes calls meanwhile.

Chance rarely puts one call into the narrowest gap of another.  So the process of one
client is stopped at every point of its call at which it touches the store, in turn;
the other client makes a call and looks, and waits where a lock makes it wait; then
the first goes on.

The relay is for locks on a file that is replaced: who waited for the old file holds a
lock that the next one does not see.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from labelqueue.conformance.crash.scenes import Program, Scene, Stage
from labelqueue.conformance.crash.strace import attached
from labelqueue.conformance.crash.system_calls import Point, points_in
from labelqueue.conformance.overlap.clients import made
from labelqueue.conformance.steps import Step, call_of, resolved
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.spec import Event, History, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

__all__ = ["PAIRS", "PREPARED", "Pair", "paused_histories", "told"]

# How much longer than alone a call may take before it is taken for one that waits for
# a lock.  Whoever needs longer overlaps less; no verdict depends on it.
_TIMES_ALONE: Final = 4
_PATIENCE_S: Final = 0.05
# As long as a lock is held once, for whoever does not wait for it so long and goes on without:
# longer than the five seconds that many libraries wait.
_LONG_S: Final = 5.5
_ALL: Final[Step] = {"do": "all_items"}


def _drift(minute: int) -> Step:
    bucket = {
        "user_id": "ada",
        "bucket_start_ts": f"2026-01-10T09:{minute:02}:00Z",
        "bucket_end_ts": f"2026-01-10T10:{minute:02}:00Z",
    }
    return {"do": "enqueue_drift", "buckets": [bucket]}


def _mark(place: int) -> Step:
    return {"do": "mark_done", "request_id": {"$place": place}}


class Pair(NamedTuple):
    """Two calls that overlap.

    Attributes:
        first: The call that is stopped in the middle.
        second: The call that is made meanwhile.
        cap: The cap of everybody.
        earlier: A call that the second client makes before, so that the first has to
            read the store anew, or `None`.
    """

    first: Step
    second: Step
    cap: int = 20
    earlier: Step | None = None


PREPARED: Final = (_drift(0), _drift(1))
"""What is done before: two requests are pending."""

PAIRS: Final = (
    Pair(_drift(2), _mark(0)),
    Pair(_mark(0), _drift(2)),
    Pair(_drift(3), _drift(3)),
    Pair(_drift(2), _drift(4)),
    # What is pending and what is left today, of two moments: whichever is read first.
    Pair({"do": "get_pending"}, _mark(0), cap=1),
    Pair({"do": "get_pending"}, _mark(0), cap=2),
    Pair({"do": "get_pending"}, _mark(0), earlier=_drift(2)),
)
"""The calls that are made to overlap."""


def paused_histories(first: Program, second: Program, reader: Program, now: datetime) -> Iterator[History]:
    """Stop one process at every point of a call while another makes one.

    Args:
        first: The process that is stopped.
        second: The other one.
        reader: A third one, which reads the store at the end.
        now: Where the clock stands.

    Yields:
        The history of each pause.
    """
    for pair in PAIRS:
        with Stage(Scene(PREPARED, pair.first)) as stage:
            stage.prepare(reader)
            scene = _Scene(stage, pair, first, second, reader, now)
            points = scene.rehearsed()
            for point in points:
                history = scene.paused_at(point)
                if history is not None:
                    yield history
            replaced = next((n for n, point in enumerate(points) if point.name.startswith("rename")), 0)
            if replaced and pair is PAIRS[0]:
                yield scene.relay(points[replaced - 1])
                history = scene.paused_at(points[replaced - 1], patience_s=_LONG_S)
                if history is not None:
                    yield history


@dataclass
class _Scene:
    stage: Stage
    pair: Pair
    first: Program
    second: Program
    reader: Program
    now: datetime
    patience_s: float = _PATIENCE_S
    events: list[Event] = field(default_factory=list)

    @property
    def meanwhile(self) -> Step:
        return resolved(self.pair.second, {}, self.stage.before)

    def rehearsed(self) -> list[Point]:
        """Make both calls with nobody else about; returns the points of the first."""
        store = self.opened()
        with attached(self.first.pid) as record:
            self.first.perform(self.stage.step)
        start = time.monotonic()
        self.second.perform(self.meanwhile)
        self.patience_s = max(_PATIENCE_S, _TIMES_ALONE * (time.monotonic() - start))
        return points_in(record.calls, store.parents[1], of_reading=self.pair.first["do"] == "get_pending")

    def paused_at(self, point: Point, patience_s: float | None = None) -> History | None:
        """Stop the first at a point; `None` where it took another way this time."""
        store = self.opened()
        with attached(self.first.pid, f"{point.name}:signal=STOP:when={point.number}") as record:
            call = _Sent("A", self.first, self.stage.step)
            if not self.first.is_stopped(record):
                self.events.append(call.answer())
                return None
            waiting = self.second_calls(patience_s or self.patience_s, self.meanwhile, _ALL)
            self.first.go_on()
            self.events.append(call.answer())
            if waiting is not None:
                self.events.append(waiting.answer())
        if patience_s is not None and any(event.refusal is not None for event in self.events):
            return None  # nothing says how long a call must wait before it gives up and says so
        return self.history(store, f"while A was stopped at {point}")

    def relay(self, point: Point) -> History:
        """Stop the first; the second waits for it, and is stopped as well while the first calls again."""
        store = self.opened()
        other = {"do": "enqueue_drift", "buckets": [dict(self.stage.step["buckets"][0], user_id="grace")]}
        with ExitStack() as stack:
            stop = f"{point.name}:signal=STOP:when={point.number}"
            record_of_second = stack.enter_context(attached(self.second.pid, stop))
            with attached(self.first.pid, stop) as record:
                one = _Sent("A", self.first, self.stage.step)
                self.first.is_stopped(record)
                two = _Sent("B", self.second, other)
                self.second.has_answered_within(self.patience_s)
                os.kill(self.first.pid, signal.SIGCONT)
                # Where B was let in, it is stopped by now, and A may be waiting for it.
                is_answered = self.first.has_answered_within(self.patience_s)
                if not is_answered:
                    os.kill(self.second.pid, signal.SIGCONT)
                self.events.append(one.answer())
            if is_answered:
                self.second.is_stopped(record_of_second)
            three = _Sent("A", self.first, self.meanwhile)
            self.first.has_answered_within(self.patience_s)
            self.second.go_on()
            self.events += [two.answer(), three.answer()]
        return self.history(store, f"while A, then B was stopped at {point}")

    def opened(self) -> Any:  # noqa: ANN401 - a path
        """Have both open a fresh store and read it."""
        store = self.stage.set_up()
        self.first.open(store, self.pair.cap)
        self.second.open(store, self.pair.cap)
        self.events = [told(step, number) for number, step in enumerate(self.stage.scene.before)]
        self.events += [made("A", self.first.perform, _ALL), made("B", self.second.perform, _ALL)]
        if self.pair.earlier is not None:
            self.events.append(made("B", self.second.perform, self.pair.earlier))
        return store

    def second_calls(self, patience_s: float, *steps: Step) -> _Sent | None:
        """Let the second make calls until one of them waits; returns that one."""
        for step in steps:
            call = _Sent("B", self.second, step)
            if not self.second.has_answered_within(patience_s):
                return call
            self.events.append(call.answer())
        return None

    def history(self, store: Any, how: str) -> History:  # noqa: ANN401 - a path
        """Let both look once more, and put everything together."""
        self.events += [made("A", self.first.perform, _ALL), made("B", self.second.perform, _ALL)]
        events = tuple(sorted(self.events, key=lambda event: event.start))
        return History(how=how, events=events, final=self.reader.state_of(store), now=self.now, cap=self.pair.cap)


class _Sent:
    """A call that was sent, and is not answered yet."""

    def __init__(self, name: str, program: Program, step: Step) -> None:
        self._name, self._program, self._step = name, program, step
        self._start = time.monotonic_ns()
        program.send(step)

    def answer(self) -> Event:
        """Wait for the answer."""
        result: Any = None
        refusal = None
        try:
            result = self._program.receive(self._step)
        except RefusedError as error:
            refusal = error.refusal
        except BrokenError as error:
            refusal = Refusal("other", f"got no answer: the program {error}")
        return Event(self._name, call_of(self._step), self._start, time.monotonic_ns(), result, refusal)


def told(step: Step, number: int) -> Event:
    """The call of the preparation, long before; each added one request."""
    return Event("preparation", call_of(step), 2 * number, 2 * number + 1, 1)
