"""A failing lock: the system refuses to lock the store, and who goes on without a lock meets somebody who has one.

A file system may know no locks, or have none left.  Whoever passes that over works as long
as nobody else is there, so one client is stopped between its reading and its replacing
of the store, where another one's lock fails.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.overlap.failing_call import FailingCall
from labelqueue.conformance.overlap.pairs import UNLOCKED
from labelqueue.conformance.overlap.paused import before_the_replacement
from labelqueue.conformance.overlap.paused_scene import PausedScene, Sent, prepared
from labelqueue.conformance.tracing.points import some_of
from labelqueue.conformance.tracing.strace import attached

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from labelqueue.conformance.crash.program import Program
    from labelqueue.conformance.tracing.points import Point
    from labelqueue.spec import History

__all__ = ["failing_lock"]

_ERROR: Final = "ENOLCK"
_MOST_LOCKS: Final = 6


def failing_lock(first: Program, second: Program, reader: Program, now: datetime) -> Iterator[History]:
    """Let a change of one client meet that of another one whose lock fails.

    Args:
        first: The process that is stopped while it changes the store.
        second: The one whose lock fails.
        reader: A third one, which reads the store at the end.
        now: What time it is.

    Yields:
        The history for every lock that the second takes, where the store is replaced.
    """
    with prepared(UNLOCKED, first, second, reader, now) as scene:
        scene.rehearsed()  # what a program loads at its first call is there at the next, and counts no more
        stop = before_the_replacement(*scene.rehearsed())
        if stop is None:
            return
        for lock in some_of(scene.locks, _MOST_LOCKS):
            history = _unlocked(scene, stop, FailingCall(lock, _ERROR))
            if history is not None:
                yield history
            if not (first.is_alive and second.is_alive):
                return


def _unlocked(scene: PausedScene, stop: Point, failure: FailingCall) -> History | None:
    """Stop the first at a point; the second cannot lock meanwhile; `None` where either took another way this time."""
    store = scene.opened()
    with ExitStack() as stack:
        record_of_second = stack.enter_context(attached(scene.second.pid, failure.injection))
        with attached(scene.first.pid, f"{stop.name}:signal=STOP:when={stop.number}") as record:
            one = Sent("A", scene.first, scene.stage.step)
            is_stopped = scene.first.is_stopped(record)
            two = Sent("B", scene.second, scene.meanwhile)
            scene.second.answers_within(scene.patience_s)
            scene.first.go_on()
            answers = [one.answer(), replace(two.answer(), was_to_fail=True)]
    if not (is_stopped and failure.is_in(record_of_second, store)):
        return None
    scene.events += answers
    return scene.history(store, f"while A was stopped at {stop}, and {failure.told_of('B')}")
