"""Failing: every system call that changes something on the disk fails, in turn, or is interrupted.

A call of the queue is recorded once; then it is made again and again on a fresh
copy of the same store, each time with another of its system calls failing.  Short
writes come from a limit on the size of files, which stays, or is lifted at once.  Interrupts
are those that come from a keyboard: a program in Python sees an exception right behind the
system call.  In another language a program dies of them, now or a little later, and so may
one in Python.  That is what a kill shows as well.

Afterwards the same instance makes the same call again, or, every other time, another
change: what a failed call left behind may show up in either.
"""

from __future__ import annotations

import itertools
import resource
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.crash.aftermath import afterwards, attempt
from labelqueue.conformance.crash.coming_back import comes_back
from labelqueue.conformance.crash.elsewhere import folders_of_temporaries, take_away
from labelqueue.conformance.crash.errors_of_calls import errors_of, is_half_open
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import NEXT, SETTLED_S, Stage, is_one_file
from labelqueue.conformance.crash.unflushed import A_MOVE, unflushed, written_alone
from labelqueue.conformance.steps import Step
from labelqueue.conformance.subjects.subject import BrokenError
from labelqueue.conformance.tracing.strace import Record, attached
from labelqueue.conformance.tracing.system_calls import FLUSHES, Point, points_in, points_to_hit
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Sequence
    from pathlib import Path


__all__ = ["CUT_SHORT", "failures_of"]

CUT_SHORT: Final = "EFBIG"
"""The cause where no system call is made to fail, but files cannot grow."""

_FULL: Final = "a full disk"
_REFUSED: Final = "a rename that is refused"
_IN_PART: Final = "a short write"
_WRITES: Final = ("write", "writev", "pwrite64")
_MOST_WRITES: Final = 2
_INTERRUPT: Final = "SIGINT"
# Behind any other system call a program need not be ready yet to clean up what that has made.
_INTERRUPTED: Final = (*_WRITES, *FLUSHES, "rename", "renameat", "renameat2")
_WHILE_READING: Final = {"open": "EACCES", "openat": "EACCES", "read": "EIO"}
_MOST_READINGS: Final = 4
_MOST_READINGS_BACK: Final = 2
_MOST_FULL: Final = 4
_INJECTIONS: Final = {
    _FULL: ("error=ENOSPC", "failed with ENOSPC, and no file could grow beyond 1 byte"),
    _REFUSED: ("error=EACCES", "failed with EACCES, however often it was tried"),
    _INTERRUPT: ("signal=INT", "was interrupted"),
}
"""What strace is told, and what is said, where the cause is not the name of an error."""


def failures_of(stage: Stage, living: Callable[[], Program], reader: Program) -> Generator[Interruption, None, None]:
    """Let a call fail at every point.

    Args:
        stage: The prepared scene.
        living: Returns a process that can make the call.
        reader: Another process, which reads the store.

    Yields:
        What was found, for every point at which something was made to fail.
    """
    actor = living()
    stage.rehearse(actor)
    store = stage.set_up()
    actor.open(store)
    with attached(actor.pid) as record:
        actor.perform(stage.step)
    size = store.stat().st_size if store.is_file() else None
    is_alone = is_one_file(store, actor)
    points = points_to_hit(points_in(record.calls, store.parents[1]))
    changing = [(point, error) for point in points for error in errors_of(point)]
    reading = [(point, _WHILE_READING[point.name]) for point in _readings(record, store, points)]
    # A disk without space for a new file has none for the old one either, where that is written anew.
    full = [
        (point, _FULL)
        for point, error in changing
        if error == "ENOSPC" and point.name not in FLUSHES and point.file != store.name
    ][:_MOST_FULL]
    refused = [(point, _REFUSED) for point in points if point.name.startswith("rename")][:1]
    own = [p for p in points if p.thread == actor.pid and p.name in _INTERRUPTED]  # an interrupt is its first thread's
    interrupted = [(point, _INTERRUPT) for point in own if actor.is_in_python and stage.scene.is_interrupted]
    elsewhere = folders_of_temporaries(record.calls, store)
    flushes = written_alone(record.calls, store) is None
    trials = _Trials(stage, actor, living, reader, elsewhere, is_alone, flushes)
    for point, error in changing + reading + (full if size is not None else []) + refused + interrupted:
        interruption = trials.fail_at(point, error)
        if interruption is not None:
            yield interruption
            if not trials.actor.is_alive:
                return
        elif not trials.actor.is_alive:
            # What failed was none of the queue's calls, or it died of an interrupt.
            trials.take_another()
    for most in sorted({size - 1, size // 2, 1}) if size is not None else ():
        yield trials.cut_short(most)
    writes = [point for point in points if point.name in _WRITES][:_MOST_WRITES]
    # One write is cut short; the next writes nothing; the next is cut short as well.
    for point in writes:
        # What is written into a file that was there, such as the store itself, is written behind what is there.
        prepared = stage.prepared.parent.rglob("*")
        there = next((file.stat().st_size for file in prepared if file.name == point.file and file.is_file()), 0)
        more = size - there if size is not None else _length_of(point, record)
        for parts in ((1 / 2,), (1 / 2, 1 / 2), (1 / 3, 2 / 3)):
            interruption = trials.write_in_part(point, [int(there + part * more) for part in parts])
            if interruption is not None:
                yield interruption


def _length_of(point: Point, record: Record) -> int:
    """How many bytes a write wrote."""
    calls = [call for call in record.calls if (call.name, call.pid) == (point.name, point.thread)]
    return int(calls[point.number - 1].result)


def _readings(record: Record, store: Path, changing: list[Point]) -> list[Point]:
    """The first system calls that read the store, the last, and the last that opens its folder.

    Who takes a store that cannot be read for an empty one loses it; who reads the answer back
    has changed it by then; who cannot open the folder to flush it has not flushed.
    """
    points = points_in(record.calls, store.parents[1], of_reading=True)
    wanted = [point for point in points if point.name in _WHILE_READING and point not in changing]
    of_folder = [point for point in wanted if point.file == store.parent.name and point.name.startswith("open")]
    of_store = [point for point in wanted if point.file == store.name]
    first, behind = of_store[:_MOST_READINGS], of_store[_MOST_READINGS:]
    return first + behind[-_MOST_READINGS_BACK:] + of_folder[-1:]


@dataclass
class _Trials:
    """One call, made by one process again and again, each time over a fresh store with something else that fails."""

    stage: Stage
    actor: Program  # one that died may be replaced
    living: Callable[[], Program]
    reader: Program
    elsewhere: Collection[Path]
    is_alone: bool
    flushes: bool  # what it writes into the store itself, where nothing fails
    is_missed: bool = False

    def __post_init__(self) -> None:
        self.then = itertools.cycle((self.stage.step, NEXT))

    def take_another(self) -> None:
        """Go on with a new process."""
        self.actor = self.living()
        self.stage.rehearse(self.actor)

    def fail_at(self, point: Point, error: str) -> Interruption | None:
        """Let one system call fail, or interrupt the process right behind it."""
        store, then = self._begin()
        if point.is_gone_from(self.actor.pid):
            return None
        when = f"{point.number}+" if error == _REFUSED else point.number
        kind, how = _INJECTIONS.get(error, (f"error={error}", f"failed with {error}"))
        injection = f"{point.name}:{kind}:when={when}"
        with (
            _limited(self.actor, 1 if error == _FULL else None),
            attached(self.actor.pid, injection, thread=point.whom) as record,
        ):
            outcome = attempt(lambda: self.actor.perform(self.stage.step))
        hits = record.injected()
        if any(str(store.parents[1]) not in hit.arguments for hit in hits):
            self.actor.kill()  # its answer was hit as well, or instead: it may be about to die of that
            return None
        self.is_missed = not hits
        if not hits:
            return None  # the program took another way this time
        if point.file == store.parent.name and point.name.startswith("open") and "refusal" in outcome:
            return None  # nothing says what is to be said of a folder that cannot be opened, if only something is
        lost = unflushed(record, hits[0], store) or (written_alone(record.calls, store) if self.flushes else None)
        # Whoever may not remove a file cannot be blamed for leaving it.
        is_alone = self.is_alone and not point.name.startswith("unlink")
        strays = take_away(self.elsewhere, record.calls)
        found = self._afterwards(store, f"{point} {how}", error, outcome, then, is_alone=is_alone)
        if error == _INTERRUPT and not self.actor.is_alive:
            return None  # nobody has to live through an interrupt
        if is_half_open(record.calls, hits[0]):
            # No disk fails so for a moment, and lets one write again.
            found = replace(found, after_retry=None, next=None, marked=None)
        if lost == A_MOVE and found.refusal is None:
            whole = comes_back(self.stage, self.actor, self.reader, injection, point.whom)
            lost = None if whole else lost
        leftovers = None if found.leftovers is None else (*found.leftovers, *strays)
        return replace(found, unflushed=lost, leftovers=leftovers)

    def cut_short(self, most: int) -> Interruption:
        """Let no file grow beyond so many bytes."""
        store, then = self._begin()
        time.sleep(SETTLED_S)
        with _limited(self.actor, most):
            outcome = attempt(lambda: self.actor.perform(self.stage.step))
        how = f"files could not grow beyond {most} bytes"
        return self._afterwards(store, how, CUT_SHORT, outcome, then, is_alone=self.is_alone)

    def write_in_part(self, point: Point, most: Sequence[int]) -> Interruption | None:
        """Let a write and those behind it take no more than some bytes of the file each, and the rest everything."""
        store, then = self._begin()
        if point.is_gone_from(self.actor.pid):
            return None
        injection = f"{point.name}:signal=STOP:when={point.number}..{point.number + len(most) - 1}"
        with attached(self.actor.pid, injection, thread=point.whom) as record:
            for times, size in enumerate(most, start=1):
                with _limited(self.actor, size):
                    if times == 1:
                        self.actor.send(self.stage.step)
                    else:
                        self.actor.wake()
                    if not self.actor.is_stopped(record, times):
                        break
            stops = record.stops
            self.actor.go_on()
            outcome = attempt(lambda: self.actor.receive(self.stage.step))
        if not stops or not self.actor.is_alive:
            return None  # the program took another way this time
        how = f"{point} was cut short at {most[0]} bytes{f', and the next at {most[1]}' if len(most) > 1 else ''}"
        return self._afterwards(store, how, _IN_PART, outcome, then, is_alone=self.is_alone)

    def _begin(self) -> tuple[Path, Step]:
        store = self.stage.set_up()
        try:
            self.actor.open(store)
        except BrokenError:
            # The call that was missed may have been the reading of this request, right as strace let go.
            if not self.is_missed:
                raise
            self.take_another()
            self.actor.open(store)
        self.is_missed = False
        return store, next(self.then)

    def _afterwards(
        self, store: Path, how: str, cause: str, outcome: dict[str, Any], then: Step, *, is_alone: bool
    ) -> Interruption:
        return afterwards(self.stage, self.actor, self.reader, store, how, cause, outcome, then=then, is_alone=is_alone)


@contextmanager
def _limited(actor: Program, most: int | None) -> Iterator[None]:
    """Let no file grow beyond so many bytes, if a number is given."""
    if most is None:
        yield
        return
    _, hard = resource.prlimit(actor.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(actor.pid, resource.RLIMIT_FSIZE, (most, hard))
    yield
    if actor.is_alive:
        resource.prlimit(actor.pid, resource.RLIMIT_FSIZE, (hard, hard))
