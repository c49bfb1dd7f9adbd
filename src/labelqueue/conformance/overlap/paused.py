"""Paused: one client is stopped in the middle of a call, and another makes a call meanwhile.

Chance rarely puts one call into the narrowest gap of another.  So the process of one
client is stopped at every point of its call at which it changes something on the
disk, in turn; the other client calls, and waits where a lock makes it wait; then the
first goes on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.crash.scenes import Program, Scene, Stage
from labelqueue.conformance.crash.strace import Point, attached, points_in
from labelqueue.conformance.overlap.clients import made
from labelqueue.conformance.steps import Step, call_of, resolved
from labelqueue.conformance.subject import BrokenError, RefusedError
from labelqueue.spec import Event, History, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

__all__ = ["paused_histories"]

# How long is waited for somebody who may be stopped, or be waiting for the stopped one.
# Whoever needs longer overlaps less; no verdict depends on it.
_PATIENCE_S: Final = 0.05
_TIMES_TOLD: Final = 100


def _drift(minute: int) -> Step:
    bucket = {
        "user_id": "ada",
        "bucket_start_ts": f"2026-01-10T09:{minute:02}:00Z",
        "bucket_end_ts": f"2026-01-10T10:{minute:02}:00Z",
    }
    return {"do": "enqueue_drift", "buckets": [bucket]}


def _mark(place: int) -> Step:
    return {"do": "mark_done", "request_id": {"$place": place}}


_PREPARED: Final = (_drift(0), _drift(1))
_PAIRS: Final[tuple[tuple[Step, Step], ...]] = (
    (_drift(2), _mark(0)),
    (_mark(0), _drift(2)),
    (_drift(3), _drift(3)),
)


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
    for one, other in _PAIRS:
        with Stage(Scene(_PREPARED, one)) as stage:
            stage.prepare(reader)
            store = stage.set_up()
            first.open(store)
            with attached(first.pid) as record:
                first.perform(stage.step)
            meanwhile = resolved(other, {}, stage.before)
            for point in points_in(record, store.parents[1]):
                history = _paused(stage, meanwhile, point, first, second, reader, now)
                if history is not None:
                    yield history


def _paused(
    stage: Stage, meanwhile: Step, point: Point, first: Program, second: Program, reader: Program, now: datetime
) -> History | None:
    store = stage.set_up()
    first.open(store)
    second.open(store)
    # Both have read the store when it begins.
    events = [_told(step, number) for number, step in enumerate(stage.scene.before)]
    events += [made("A", first.perform, {"do": "all_items"}), made("B", second.perform, {"do": "all_items"})]
    with attached(first.pid, f"{point.name}:signal=STOP:when={point.number}"):
        start = time.monotonic_ns()
        first.send(stage.step)
        is_stopped = not first.has_answered_within(_PATIENCE_S)
        if is_stopped:
            start_of_second = time.monotonic_ns()
            second.send(meanwhile)
            # Whoever answers before the first goes on, did not wait for it.
            early = (
                _received("B", second, meanwhile, start_of_second) if second.has_answered_within(_PATIENCE_S) else None
            )
            _let_go_on(first)
        events.append(_received("A", first, stage.step, start))
        if is_stopped:
            events.append(early or _received("B", second, meanwhile, start_of_second))
    if not is_stopped:
        return None  # the program took another way this time
    events += [made("A", first.perform, {"do": "all_items"}), made("B", second.perform, {"do": "all_items"})]
    return History(
        how=f"while A was stopped before {point}",
        events=tuple(sorted(events, key=lambda event: event.start)),
        final=reader.state_of(store),
        now=now,
        cap=20,
    )


def _let_go_on(program: Program) -> None:
    """Let a process go on, also one that comes to the point of its stop only after it was told to."""
    for _ in range(_TIMES_TOLD):
        with contextlib.suppress(ProcessLookupError):
            os.kill(program.pid, signal.SIGCONT)
        if program.has_answered_within(_PATIENCE_S):
            return


def _told(step: Step, number: int) -> Event:
    """The call of the preparation, long before; each added one request."""
    return Event("preparation", call_of(step), 2 * number, 2 * number + 1, 1)


def _received(name: str, program: Program, step: Step, start: int) -> Event:
    result: Any = None
    refusal = None
    try:
        result = program.receive(step)
    except RefusedError as error:
        refusal = error.refusal
    except BrokenError as error:
        refusal = Refusal("other", f"got no answer: the program {error}")
    return Event(name, call_of(step), start, time.monotonic_ns(), result, refusal)
