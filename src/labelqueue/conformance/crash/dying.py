"""Dying: the process is killed before every system call that changes something, in turn.

A process that is killed does not come back, so that each kill takes a new one.
Others are started while one is being used: starting takes longer than dying.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

from labelqueue.conformance.crash.elsewhere import folders_of_temporaries, take_away
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import NEXT, Scene, Stage, is_one_file, leftovers
from labelqueue.conformance.crash.strace import attached
from labelqueue.conformance.crash.system_calls import MOST_POINTS, Point, points_in, some_of
from labelqueue.conformance.steps import call_of
from labelqueue.conformance.subjects.subject import BrokenError, RefusedError
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from labelqueue.spec.interruption import State

__all__ = ["Spares", "kills_in_flight", "kills_of"]

_AHEAD: Final = 2


class Spares:
    """Processes that are started ahead of their use; use it as a context manager."""

    def __init__(self, start: Callable[[], Program], most: int) -> None:
        """Begin to start the first ones.

        Args:
            start: Starts one.
            most: How many will be needed at most.
        """
        self._start = start
        self._left = most
        self._threads = ThreadPoolExecutor(_AHEAD)
        self._coming: deque[Future[Program]] = deque()
        for _ in range(_AHEAD):
            self._begin()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End those that nobody used."""
        self._left = 0
        self._threads.shutdown()
        for future in self._coming:
            if future.exception() is None:
                future.result().end()

    def take(self) -> Program:
        """Return a process, and begin to start another."""
        self._begin()
        return self._coming.popleft().result() if self._coming else self._start()

    def _begin(self) -> None:
        if self._left > 0:
            self._left -= 1
            self._coming.append(self._threads.submit(self._start))


def kills_of(
    stage: Stage, start: Callable[[], Program], recorded: Program, witness: Program, *, is_file: bool
) -> Iterator[Interruption]:
    """Kill the process of a call at every point.

    Args:
        stage: The prepared scene.
        start: Starts a new process.
        recorded: A process whose call is recorded, and which lives on.
        witness: Another process, which reads the store and makes the next change.
        is_file: Whether all data is in the one file.

    Yields:
        What was found after each kill.
    """

    def rehearsed() -> Program:
        program = start()
        stage.rehearse(program)
        return program

    stage.rehearse(recorded)
    store = stage.set_up()
    recorded.open(store)
    with attached(recorded.pid) as record:
        recorded.perform(stage.step)
    is_alone = is_one_file(store, recorded)
    points = some_of(points_in(record.calls, store.parents[1]), MOST_POINTS)
    elsewhere = folders_of_temporaries(record.calls, store)
    with Spares(rehearsed, most=len(points)) as spares, ExitStack() as stack:
        actor: Program | None = None
        for point in points:
            if actor is None or not actor.is_alive:
                actor = spares.take()
                stack.callback(actor.end)
            interruption = _killed_at(stage, actor, witness, point, elsewhere, is_alone=is_alone, is_file=is_file)
            if interruption is not None:
                yield interruption


def kills_in_flight(
    scene: Scene, start: Callable[[], Program], witness: Program, moments: Collection[float]
) -> Iterator[Interruption]:
    """Kill the process of a call while it is in flight, at no point in particular.

    Args:
        scene: The scene; its store is prepared anew for every kill.
        start: Starts a new process.
        witness: Another process, which reads the store and makes the next change.
        moments: When to kill, as parts of the time that the call takes alone.

    Yields:
        What was found after each kill.
    """
    takes_s = 0.0
    # Once it is let finish, to learn how long it takes.
    with Spares(start, most=1 + len(moments)) as spares:
        for part in (None, *moments):
            with Stage(scene) as stage:
                stage.prepare(witness)
                actor = spares.take()
                try:
                    actor.open(stage.prepared)
                    begun = time.perf_counter()
                    actor.send(stage.step)
                    if part is None:
                        actor.receive(stage.step)
                        takes_s = time.perf_counter() - begun
                        continue
                    time.sleep(takes_s * part)
                    actor.kill()
                finally:
                    actor.end()
                stored = witness.state_of(stage.prepared)
                is_refused, after = _next_change(witness, stage.prepared)
                yield Interruption(
                    kind="kill",
                    how=f"killed {1000 * takes_s * part:.1f} ms after it was asked",
                    call=stage.call,
                    before=stage.before,
                    stored=stored,
                    next=after,
                    next_call=call_of(NEXT),
                    is_ruined=isinstance(after, str) and not is_refused,
                )


def _killed_at(
    stage: Stage,
    actor: Program,
    witness: Program,
    point: Point,
    elsewhere: Collection[Path],
    *,
    is_alone: bool,
    is_file: bool,
) -> Interruption | None:
    store = stage.set_up()
    actor.open(store)
    try:
        with attached(actor.pid, f"{point.name}:signal=KILL:when={point.number}") as record:
            actor.perform(stage.step)
    except BrokenError:
        actor.kill()
    else:
        return None  # the program took another way this time
    names = leftovers(store) if is_alone else ()
    alone = _without(names, store) if is_file and names else None
    stored = witness.state_of(store)
    mistaken = names if alone is not None and witness.state_of(alone) != stored else ()
    names = leftovers(store) if is_alone else ()
    is_refused, after = _next_change(witness, store)
    stumbled_over: tuple[str, ...] = ()
    if is_refused and witness.is_alive and names:
        # Was it the lock that kept the next one away, or what lies about?
        for name in leftovers(store):
            (store.parent / name).unlink()
        is_refused_again, again = _next_change(witness, store)
        if isinstance(again, tuple) and not is_refused_again:
            is_refused, stumbled_over, after = False, names, again
    strays = take_away(elsewhere, record.calls)
    return Interruption(
        kind="kill",
        how=f"killed before {point}",
        call=stage.call,
        before=stage.before,
        stored=stored,
        next=after,
        next_call=call_of(NEXT),
        is_ruined=isinstance(after, str) and not is_refused,
        stumbled_over=stumbled_over,
        mistaken=mistaken,
        leftovers=(*leftovers(store), *strays) if is_alone else None,
    )


def _without(names: Collection[str], store: Path) -> Path:
    """Copy a store, but not those files beside it."""
    copy = store.parent.with_name("alone")
    shutil.copytree(store.parent, copy, symlinks=True, ignore=lambda *_: names)
    return copy / store.name


def _next_change(witness: Program, store: Path) -> tuple[bool, State]:
    """Make the next change, and tell whether it was refused, and what the store holds or what was said."""
    try:
        witness.open(store)
        witness.perform(NEXT)
    except RefusedError as refused:
        return True, refused.refusal.message
    except BrokenError as error:
        return True, f"got no answer: the program {error}"
    return False, witness.state_of(store)
