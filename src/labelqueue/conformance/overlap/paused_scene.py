"""The paused scene: two clients over a store, of which one is stopped in a call while the other acts."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import NEXT, SETTLED_S, Scene, Stage, linked
from labelqueue.conformance.overlap.clients import made
from labelqueue.conformance.overlap.pairs import PREPARED, Pair
from labelqueue.conformance.steps import Step, call_of, resolved
from labelqueue.conformance.tracing.points import Point, locks_in, points_in
from labelqueue.conformance.tracing.strace import attached
from labelqueue.spec import Event, History

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from labelqueue.conformance.overlap.failing_call import FailingCall

__all__ = ["PausedScene", "Sent", "prepared", "told"]

# How much longer than alone a call may sleep before it is taken for one that waits for
# a lock.  Whoever needs longer overlaps less; no verdict depends on it.
_TIMES_ALONE: Final = 4
_PATIENCE_S: Final = 0.05
_ALL: Final[Step] = {"do": "all_items"}


@dataclass
class PausedScene:
    """Two processes that open a store, of which one is stopped in a call and the other makes calls meanwhile.

    Attributes:
        rehearsal: What happened when both calls were rehearsed.
        changes: Where the first changes something on the disk, once they were.
        locks: Where it locks something, once they were.
    """

    stage: Stage
    pair: Pair
    first: Program
    second: Program
    reader: Program
    now: datetime
    patience_s: float = _PATIENCE_S
    events: list[Event] = field(default_factory=list)
    changes: list[Point] = field(default_factory=list)
    locks: list[Point] = field(default_factory=list)
    rehearsal: History = field(init=False)

    @property
    def meanwhile(self) -> Step:
        """The call of the second, as it can be sent."""
        return resolved(self.pair.second, {}, self.stage.before)

    def rehearsed(self) -> tuple[list[Point], list[Point]]:
        """Make both calls, one behind the other; returns the points of the first to stop it at, and all.

        There are none where one of them is refused.
        """
        store = self.opened()
        with attached(self.first.pid) as record:
            one = made("A", self.first.perform, self.stage.step)
        start = time.monotonic()
        two = made("B", self.second.perform, self.meanwhile)
        self.patience_s = max(_PATIENCE_S, _TIMES_ALONE * (time.monotonic() - start))
        self.events += [one, two]
        self.rehearsal = self.history(store, "one behind the other")
        if self.rehearsal.refused:
            return [], []
        folder = store.parents[1]
        self.changes, all_points = (points_in(record.calls, folder, of_reading=each) for each in (False, True))
        self.locks = locks_in(record.calls, folder)
        if self.pair.first["do"] in ("get_pending", "all_items") or not self.changes:
            return all_points, all_points
        # Where a lock is freed too early, another one goes on before the last change; behind it, who reads
        # once more may find what another did.
        stops, last = points_in(record.calls, folder, of_unlocking=True), self.changes[-1]
        return stops[: stops.index(last) + 1] + all_points[all_points.index(last) + 1 :], all_points

    def points_where(self, failure: FailingCall) -> list[Point]:
        """Let a call fail with nobody else about; returns the points to stop it at, before the failure and behind."""
        store = self.opened()
        with attached(self.first.pid, failure.injection) as record:
            Sent("A", self.first, self.stage.step).answer()
        if not failure.is_in(record, store):
            return []
        points = points_in(record.calls, store.parents[1], of_reading=True, of_unlocking=True)
        return [point for point in points if failure.may_be_stopped_at(point)]

    def paused_at(
        self, point: Point, patience_s: float | None = None, failure: FailingCall | None = None
    ) -> History | None:
        """Stop the first at a point, and let it fail if told so; `None` where it took another way this time."""
        store = self.opened()
        stop = f"{point.name}:signal=STOP:when={point.number}"
        injections = [stop] if failure is None else failure.injections_with(stop)
        with attached(self.first.pid, *injections) as record:
            call = Sent("A", self.first, self.stage.step)
            if not self.first.is_stopped(record):
                self.events.append(call.answer())
                return None
            is_open = not self.pair.is_late or self.second_opens(store)
            then = [] if self.pair.then is None else [resolved(self.pair.then, {}, self.stage.before)]
            steps = [self.meanwhile, _ALL, *then]
            waiting = self.second_calls(patience_s or self.patience_s, *steps) if is_open else None
            self.first.go_on()
            answer = call.answer()
            if not is_open:
                self.second.finish_opening()
            if waiting is not None:
                self.events.append(waiting.answer())
        how = f"while A was stopped at {point}"
        if failure is not None:
            if not failure.is_in(record, store):
                return None
            how += f", and behind {failure.told_of('A')}"
            answer = replace(answer, was_to_fail=True)
        self.events.append(answer)
        if failure is not None:
            # Whose call failed may not keep others away from now on.
            self.events.append(made("B", self.second.perform, NEXT))
        if self.pair.is_linked:
            how += ", and B knew the store by a link"
        if self.pair.is_late:
            how += ", and B opened the store only then"
        # Nothing says how long a call must wait before it gives up and says so.
        return self.history(store, how, may_give_up=patience_s is not None)

    def failed(self, failure: FailingCall) -> History | None:
        """Let the first fail with nobody else about; the other makes a change behind it."""
        store = self.opened()
        if failure.point.is_gone_from(self.first.pid):
            return None
        with attached(self.first.pid, failure.injection, thread=failure.point.whom) as record:
            answer = Sent("A", self.first, self.stage.step).answer()
        if not failure.is_in(record, store):
            return None  # it took another way this time
        self.events += [replace(answer, was_to_fail=True), made("B", self.second.perform, NEXT)]
        return self.history(store, f"behind {failure.told_of('A')}")

    def relay(self, point: Point) -> History:
        """Stop the first; the second waits for it, and is stopped as well while the first calls again."""
        store = self.opened()
        other = {"do": "enqueue_drift", "buckets": [dict(self.stage.step["buckets"][0], user_id="grace")]}
        with ExitStack() as stack:
            stop = f"{point.name}:signal=STOP:when={point.number}"
            record_of_second = stack.enter_context(attached(self.second.pid, stop))
            with attached(self.first.pid, stop) as record:
                one = Sent("A", self.first, self.stage.step)
                self.first.is_stopped(record)
                two = Sent("B", self.second, other)
                self.second.answers_within(self.patience_s)
                self.first.wake()
                # Where B was let in, it is stopped by now, and A may be waiting for it.
                is_answered = self.first.answers_within(self.patience_s)
                if not is_answered:
                    self.first.go_on(self.second)
                self.events.append(one.answer())
            if is_answered:
                self.second.is_stopped(record_of_second)
            three = Sent("A", self.first, self.meanwhile)
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
        for step in self.pair.own:
            self.events.append(made("A", self.first.perform, resolved(step, {}, self.stage.before)))
        if self.pair.earlier is not None:
            self.events.append(made("B", self.second.perform, resolved(self.pair.earlier, {}, self.stage.before)))
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

    def second_calls(self, patience_s: float, *steps: Step) -> Sent | None:
        """Let the second make calls until one of them waits; returns that one."""
        for step in steps:
            call = Sent("B", self.second, step)
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


@contextmanager
def prepared(pair: Pair, first: Program, second: Program, reader: Program, now: datetime) -> Iterator[PausedScene]:
    """Prepare the store of a pair of calls; what lies there in the end is removed."""
    with Stage(Scene(() if pair.is_first else PREPARED, pair.first)) as stage:
        stage.prepare(reader)
        yield PausedScene(stage, pair, first, second, reader, now)


class Sent:
    """A call that was sent, and is not answered yet."""

    def __init__(self, name: str, program: Program, step: Step) -> None:
        self._name, self._program, self._step = name, program, step
        self._start = time.monotonic_ns()
        program.send(step)

    def answer(self) -> Event:
        """Wait for the answer."""
        return made(self._name, self._program.receive, self._step, self._start)


def told(step: Step, number: int) -> Event:
    """The call of the preparation, long before; each added one request."""
    return Event("preparation", call_of(step), 2 * number, 2 * number + 1, 1)
