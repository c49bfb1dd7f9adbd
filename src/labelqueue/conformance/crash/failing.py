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

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.elsewhere import folders_of_temporaries
from labelqueue.conformance.crash.errors_of_calls import errors_of
from labelqueue.conformance.crash.program import Program
from labelqueue.conformance.crash.scenes import Stage, is_one_file, target_of
from labelqueue.conformance.crash.trials import FULL, INTERRUPT, REFUSED, Trials
from labelqueue.conformance.crash.unflushed import written_alone
from labelqueue.conformance.tracing.points import Point, points_in, points_to_hit
from labelqueue.conformance.tracing.strace import Record
from labelqueue.conformance.tracing.system_calls import FLUSHES
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path


__all__ = ["failures_of"]

_WRITES: Final = ("write", "writev", "pwrite64")
_MOST_WRITES: Final = 2
# Behind any other system call a program need not be ready yet to clean up what that has made.
_INTERRUPTED: Final = (*_WRITES, *FLUSHES, "rename", "renameat", "renameat2")
_WHILE_READING: Final = {"open": "EACCES", "openat": "EACCES", "read": "EIO"}
_MOST_READINGS: Final = 4
_MOST_READINGS_BACK: Final = 2
_MOST_FULL: Final = 4


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
    store = stage.set_up()
    target = target_of(store)
    record = stage.recorded(actor, store)
    size = store.stat().st_size if store.is_file() else None
    is_alone = is_one_file(store, actor)
    points = points_to_hit(points_in(record.calls, store.parents[1]))
    all_points = points_in(record.calls, store.parents[1], of_reading=True)
    changing = [(point, error) for point in points for error in errors_of(point)]
    reading = [(point, _WHILE_READING[point.name]) for point in _readings(all_points, target, points)]
    closing = [(point, "EIO") for point in _closings(all_points, record, target)]
    # A disk without space for a new file has none for the old one either, where that is written anew.
    full = [
        (point, FULL)
        for point, error in changing
        if error == "ENOSPC" and point.name not in FLUSHES and point.file != store.name
    ][:_MOST_FULL]
    refused = [(point, REFUSED) for point in points if point.name.startswith("rename")][:1]
    own = [p for p in points if p.thread == actor.pid and p.name in _INTERRUPTED]  # an interrupt is its first thread's
    interrupted = [(point, INTERRUPT) for point in own if actor.is_in_python and stage.scene.is_interrupted]
    elsewhere = folders_of_temporaries(record.calls, target)
    flushes = written_alone(record.calls, target) is None
    trials = Trials(stage, actor, living, reader, elsewhere, is_alone, flushes)
    for point, error in changing + reading + closing + (full if size is not None else []) + refused + interrupted:
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
        is_whole = not there or point.file == store.name
        more = size - there if size is not None and is_whole else _length_of(point, record)
        for parts in ((1 / 2,), (1 / 2, 1 / 2), (1 / 3, 2 / 3)):
            interruption = trials.write_in_part(point, [int(there + part * more) for part in parts])
            if interruption is not None:
                yield interruption


def _closings(all_points: Sequence[Point], record: Record, store: Path) -> list[Point]:
    """The closing of what was written, before it takes the place of the store: a disk far away may fail only then."""
    before = list(takewhile(lambda point: not point.name.startswith("rename"), all_points))
    written = {point.file for point in before if point.writes}
    is_replaced = any(call.puts_in_place(store) for call in record.calls)
    return [point for point in before if is_replaced and point.name == "close" and point.file in written]


def _length_of(point: Point, record: Record) -> int:
    """How many bytes a write wrote."""
    calls = [call for call in record.calls if (call.name, call.pid) == (point.name, point.thread)]
    return int(calls[point.number - 1].result)


def _readings(all_points: Sequence[Point], store: Path, changing: list[Point]) -> list[Point]:
    """The first system calls that read the store, the last, and the last that opens its folder.

    Who takes a store that cannot be read for an empty one loses it; who reads the answer back
    has changed it by then; who cannot open the folder to flush it has not flushed.
    """
    wanted = [point for point in all_points if point.name in _WHILE_READING and point not in changing]
    of_folder = [point for point in wanted if point.file == store.parent.name and point.name.startswith("open")]
    in_folder = {path.name for path in store.rglob("*")}  # nothing where the store is a file
    of_store = [point for point in wanted if point.file in {store.name, *in_folder}]
    most = _MOST_READINGS * (2 if in_folder else 1)
    first, behind = of_store[:most], of_store[most:]
    return first + behind[-_MOST_READINGS_BACK:] + of_folder[-1:]
