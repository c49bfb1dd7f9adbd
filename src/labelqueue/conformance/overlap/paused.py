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
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import SETTLED_S, Scene, Stage, linked
from labelqueue.conformance.overlap.clients import made
from labelqueue.conformance.overlap.pairs import PAIRS, PREPARED, Pair
from labelqueue.conformance.steps import Step, call_of, resolved
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.conformance.tracing.strace import attached
from labelqueue.conformance.tracing.system_calls import Point, points_in
from labelqueue.spec import Event, History, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = ["long_pause", "paused_histories", "told"]

# How much longer than alone a call may sleep before it is taken for one that waits for
# a lock.  Whoever needs longer overlaps less; no verdict depends on it.
_TIMES_ALONE: Final = 4
_PATIENCE_S: Final = 0.05
# As long as a lock is held once, for whoever does not wait for it so long and goes on without:
# longer than the five seconds that many libraries wait.
_LONG_S: Final = 5.5
_ALL: Final[Step] = {"do": "all_items"}


def paused_histories(
    first: Program, second: Program, reader: Program, now: datetime, pairs: Iterable[Pair]
) -> Iterator[History]:
    """Stop one process at every point of a call while another makes one.

    Args:
        first: The process that is stopped.
        second: The other one.
        reader: A third one, which reads the store at the end.
        now: Where the clock stands, or what time it is.
        pairs: The calls.

    Yields:
        The history of each pause.
    """
    for pair in pairs:
        with Stage(Scene(() if pair.is_first else PREPARED, pair.first)) as stage:
            stage.prepare(reader)
            scene = _Scene(stage, pair, first, second, reader, now)
            points, _ = scene.rehearsed()
            for point in points:
                history = scene.paused_at(point)
                if history is not None:
                    yield history
            replaced = _place_of_replacement(points)
            if replaced and pair is PAIRS[0]:
                # Where each has a new file by then, the one may lose it to the other; before that, a change.
                last = points[replaced - 1]
                first_of_file = next(point for point in points if point.file == last.file)
                for point in dict.fromkeys((first_of_file, last)):
                    yield scene.relay(point)


def long_pause(first: Program, second: Program, reader: Program, now: datetime) -> Iterator[History]:
    """Stop one process between reading and writing, for longer than another may be willing to wait.

    Args:
        first: The process that is stopped.
        second: The other one.
        reader: As in `paused_histories`.
        now: What time it is; the clock of none of them is set, so that a lock's age is its age.

    Yields:
        The history, where the store is a path.
    """
    # Where one change is written behind the other both stand, but not where they are the same.
    for pair, place_to_hold in ((PAIRS[0], _before_the_replacement), (PAIRS[2], _before_the_first_write)):
        with Stage(Scene(PREPARED, pair.first)) as stage:
            stage.prepare(reader)
            scene = _Scene(stage, pair, first, second, reader, now)
            point = place_to_hold(*scene.rehearsed())
            if point is not None:
                history = scene.paused_at(point, patience_s=_LONG_S)
                if history is not None:
                    yield history
                return


def _before_the_replacement(points: Sequence[Point], all_points: Sequence[Point]) -> Point | None:
    """Where the store is read before it is replaced: then there is no file yet that somebody could take away."""
    replaced = _place_of_replacement(points)
    if not replaced:
        return None
    earlier = all_points[: all_points.index(points[replaced])]
    of_store = [point for point in earlier if point.file == points[replaced].file]
    return (of_store or earlier)[-1]


def _before_the_first_write(points: Sequence[Point], all_points: Sequence[Point]) -> Point | None:
    written = next((point for point in points if point.writes), None)
    return None if written is None else next(iter(all_points[: all_points.index(written)][-1:]), None)


def _place_of_replacement(points: Sequence[Point]) -> int:
    return next((n for n, point in enumerate(points) if point.name.startswith("rename")), 0)


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

    def rehearsed(self) -> tuple[list[Point], list[Point]]:
        """Make both calls with nobody else about; returns the points of the first to stop it at, and all."""
        store = self.opened()
        with attached(self.first.pid) as record:
            self.first.perform(self.stage.step)
        start = time.monotonic()
        self.second.perform(self.meanwhile)
        self.patience_s = max(_PATIENCE_S, _TIMES_ALONE * (time.monotonic() - start))
        changes, all_points = (points_in(record.calls, store.parents[1], of_reading=each) for each in (False, True))
        if self.pair.first["do"] in ("get_pending", "all_items") or not changes:
            return all_points, all_points
        # Behind the last change the lock is free: who reads once more then may find what another did.
        return changes + all_points[all_points.index(changes[-1]) + 1 :], all_points

    def paused_at(self, point: Point, patience_s: float | None = None) -> History | None:
        """Stop the first at a point; `None` where it took another way this time."""
        store = self.opened()
        with attached(self.first.pid, f"{point.name}:signal=STOP:when={point.number}") as record:
            call = _Sent("A", self.first, self.stage.step)
            if not self.first.is_stopped(record):
                self.events.append(call.answer())
                return None
            is_open = not self.pair.is_late or self.second_opens(store)
            steps = [self.meanwhile, _ALL] if self.pair.then is None else [self.meanwhile, _ALL, self.pair.then]
            waiting = self.second_calls(patience_s or self.patience_s, *steps) if is_open else None
            self.first.go_on()
            self.events.append(call.answer())
            if not is_open:
                self.second.finish_opening()
            if waiting is not None:
                self.events.append(waiting.answer())
        how = f"while A was stopped at {point}"
        if self.pair.is_linked:
            how += ", and B knew the store by a link"
        if self.pair.is_late:
            how += ", and B opened the store only then"
        # Nothing says how long a call must wait before it gives up and says so.
        return self.history(store, how, may_give_up=patience_s is not None)

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
                self.second.answers_within(self.patience_s)
                os.kill(self.first.pid, signal.SIGCONT)
                # Where B was let in, it is stopped by now, and A may be waiting for it.
                is_answered = self.first.answers_within(self.patience_s)
                if not is_answered:
                    os.kill(self.second.pid, signal.SIGCONT)
                self.events.append(one.answer())
            if is_answered:
                self.second.is_stopped(record_of_second)
            three = _Sent("A", self.first, self.meanwhile)
            self.first.answers_within(self.patience_s)
            self.second.go_on()
            self.events += [two.answer(), three.answer()]
        return self.history(store, f"while A, then B was stopped at {point}")

    def opened(self) -> Path:
        """Have both open a fresh store and read it."""
        store = self.stage.set_up()
        self.first.open(store, self.pair.cap)
        self.second.open(linked(store) if self.pair.is_linked else store, self.pair.cap)
        self.events = [told(step, number) for number, step in enumerate(self.stage.scene.before)]
        self.events += [made("A", self.first.perform, _ALL), made("B", self.second.perform, _ALL)]
        if self.pair.earlier is not None:
            self.events.append(made("B", self.second.perform, self.pair.earlier))
            if self.pair.is_settled:
                time.sleep(SETTLED_S)
        return store

    def second_opens(self, store: Path) -> bool:
        """Let the second open the store anew, unless it waits; returns whether it did."""
        self.second.begin_opening(store, self.pair.cap)
        if not self.second.answers_within(self.patience_s):
            return False
        self.second.finish_opening()
        return True

    def second_calls(self, patience_s: float, *steps: Step) -> _Sent | None:
        """Let the second make calls until one of them waits; returns that one."""
        for step in steps:
            call = _Sent("B", self.second, step)
            if not self.second.answers_within(patience_s):
                return call
            self.events.append(call.answer())
        return None

    def history(self, store: Path, how: str, *, may_give_up: bool = False) -> History:
        """Let both look once more, and put everything together."""
        self.events += [made("A", self.first.perform, _ALL), made("B", self.second.perform, _ALL)]
        events = tuple(sorted(self.events, key=lambda event: event.start))
        final = self.reader.state_of(store)
        return History(how, events, final, now=self.now, cap=self.pair.cap, may_give_up=may_give_up)


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
