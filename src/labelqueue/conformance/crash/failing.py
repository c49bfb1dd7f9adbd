"""Failing: every system call that changes something on the disk fails, in turn, or is interrupted.

A call of the queue is recorded once; then it is made again and again on a fresh
copy of the same store, each time with another of its system calls failing.  Short
writes come from a limit on the size of files, which stays, or is lifted at once.  Interrupts are those that come from a
keyboard: a program in Python sees an exception right behind the system call.  In another
language a program dies of them, now or a little later, and so may one in Python.  That
is what a kill shows as well.

Afterwards the same instance makes the same call again, or, every other time, another
change: what a failed call left behind may show up in either.
"""

from __future__ import annotations

import itertools
import re
import resource
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.aftermath import afterwards, attempt
from labelqueue.conformance.crash.scenes import NEXT, Program, Stage, is_one_file
from labelqueue.conformance.crash.strace import Record, attached
from labelqueue.conformance.crash.system_calls import Point, SystemCall, points_in
from labelqueue.conformance.steps import Step
from labelqueue.conformance.subjects.process_state import has_thread
from labelqueue.spec import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


__all__ = ["CUT_SHORT", "failures_of"]

CUT_SHORT: Final = "EFBIG"
"""The cause where no system call is made to fail, but files cannot grow."""

_FULL: Final = "a full disk"
_IN_PART: Final = "a short write"
_WRITES: Final = ("write", "writev", "pwrite64")
_FLUSHES: Final = ("fsync", "fdatasync")
_MOST_WRITES: Final = 2
_INTERRUPT: Final = "SIGINT"
# Behind any other system call a program need not be ready yet to clean up what that has made.
_INTERRUPTED: Final = (*_WRITES, *_FLUSHES, "rename", "renameat", "renameat2")
_SPACE: Final = ("ENOSPC",)
_WHILE_READING: Final = {"open": "EACCES", "openat": "EACCES", "read": "EIO"}
_MOST_READINGS: Final = 4
_MOST_FULL: Final = 4
_INJECTIONS: Final = {
    _FULL: ("error=ENOSPC", "failed with ENOSPC, and no file could grow beyond 1 byte"),
    _INTERRUPT: ("signal=INT", "was interrupted"),
}
"""What strace is told, and what is said, where the cause is not the name of an error."""
_ERRORS: Final[dict[str, tuple[str, ...]]] = {
    "open": ("EACCES", "ENOSPC"),
    "openat": ("EACCES", "ENOSPC"),
    "rename": ("EACCES",),
    "renameat": ("EACCES",),
    "renameat2": ("EACCES",),
    "fsync": ("EIO",),
    "fdatasync": ("EIO",),
    "write": ("ENOSPC", "EINTR"),
    "chmod": ("EPERM",),
    "fchmod": ("EPERM",),
    "mkdir": ("EACCES",),
    "mkdirat": ("EACCES",),
    "unlink": ("EACCES",),
    "unlinkat": ("EACCES",),
}


def failures_of(stage: Stage, living: Callable[[], Program], reader: Program) -> Iterator[Interruption]:
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
    points = points_in(record.calls, store.parents[1])
    changing = [(point, error) for point in points for error in _ERRORS.get(point.name, _SPACE)]
    reading = [(point, _WHILE_READING[point.name]) for point in _readings(record, store, points)]
    # A disk without space for a new file has none for the old one either, where that is written anew.
    full = [(point, _FULL) for point, error in changing if error == "ENOSPC" and point.file != store.name][:_MOST_FULL]
    own = [p for p in points if p.thread == actor.pid and p.name in _INTERRUPTED]  # an interrupt is its first thread's
    interrupted = [(point, _INTERRUPT) for point in own if actor.is_in_python]
    then = itertools.cycle((stage.step, NEXT))
    for point, error in changing + reading + (full if size is not None else []) + interrupted:
        interruption = _failed_at(stage, actor, reader, point, error, next(then), is_alone=is_alone)
        if interruption is not None:
            yield interruption
            if not actor.is_alive:
                return
        elif not actor.is_alive:
            # What failed was none of the queue's calls, or it died of an interrupt.
            actor = living()
            stage.rehearse(actor)
    if size is None:
        return
    for most in sorted({size - 1, size // 2, 1}):
        yield _cut_short(stage, actor, reader, most, next(then), is_alone=is_alone)
    writes = [point for point in points if point.name in _WRITES][:_MOST_WRITES]
    for point, fails_next in itertools.product(writes, (False, True)):
        interruption = _in_part(
            stage, actor, reader, point, size // 2, next(then), fails_next=fails_next, is_alone=is_alone
        )
        if interruption is not None:
            yield interruption


def _readings(record: Record, store: Path, changing: list[Point]) -> list[Point]:
    """The first system calls that read the store: who takes a store that cannot be read for an empty one loses it."""
    points = points_in(record.calls, store.parents[1], of_reading=True)
    wanted = [p for p in points if p.name in _WHILE_READING and p.file == store.name and p not in changing]
    return wanted[:_MOST_READINGS]


def _failed_at(
    stage: Stage,
    actor: Program,
    reader: Program,
    point: Point,
    error: str,
    then: Step,
    *,
    is_alone: bool,
) -> Interruption | None:
    store = stage.set_up()
    actor.open(store)
    if point.whom is not None and not has_thread(actor.pid, point.whom):
        return None  # another thread makes the call this time
    injection, how = _INJECTIONS.get(error, (f"error={error}", f"failed with {error}"))
    with (
        _limited(actor, 1 if error == _FULL else None),
        attached(actor.pid, f"{point.name}:{injection}:when={point.number}", thread=point.whom) as record,
    ):
        outcome = attempt(lambda: actor.perform(stage.step))
    hits = record.injected()
    if any(str(store.parents[1]) not in hit.arguments for hit in hits):
        actor.kill()  # its answer was hit as well, or instead: it may be about to die of that
        return None
    if not hits:
        return None  # the program took another way this time
    unflushed = _unflushed(record, hits[0], store)
    # Whoever may not remove a file cannot be blamed for leaving it.
    is_alone = is_alone and not point.name.startswith("unlink")
    found = afterwards(stage, actor, reader, store, f"{point} {how}", error, outcome, then=then, is_alone=is_alone)
    if error == _INTERRUPT and not actor.is_alive:
        return None  # nobody has to live through an interrupt
    return replace(found, unflushed=unflushed)


def _unflushed(record: Record, hit: SystemCall, store: Path) -> str | None:
    """Name what was not flushed since that call failed: the content of the store, or its place in the folder.

    Nothing else counts: some libraries pass over what they cannot flush beside it.
    """
    if hit.name not in _FLUSHES:
        return None
    place = record.calls.index(hit)
    path = re.findall(r"<([^>]*)>", hit.arguments)[0]
    earlier, later = record.calls[:place], record.calls[place + 1 :]
    if path == str(store.parent):
        names = {path}
        what = "the replacement of the store" if any(call.puts_in_place(store) for call in earlier) else None
    else:
        names = {path, str(store)}
        becomes = any(call.puts_in_place(store) and f'"{path}"' in call.arguments for call in later)
        # A file beside it that was flushed, and is still there, may hold the same: a write-ahead log does.
        beside = {str(file) for file in store.parent.glob("*")} - names
        is_kept = any(_flushes(call, beside) for call in earlier)
        what = "its content" if becomes or (path == str(store) and not is_kept) else None
        # The system forgets what it could not flush: a second flush is true only of what was written again.
        later = list(itertools.dropwhile(lambda call: not _writes(call, names), later))
    return None if any(_flushes(call, names) for call in later) else what


def _writes(call: SystemCall, names: set[str]) -> bool:
    return call.name.startswith(("write", "pwrite")) and any(f"<{name}>" in call.arguments for name in names)


def _flushes(call: SystemCall, names: set[str]) -> bool:
    if call.name in ("sync", "syncfs"):
        return True
    return call.name in _FLUSHES and call.result == "0" and any(f"<{name}>" in call.arguments for name in names)


def _cut_short(stage: Stage, actor: Program, reader: Program, most: int, then: Step, *, is_alone: bool) -> Interruption:
    store = stage.set_up()
    actor.open(store)
    with _limited(actor, most):
        outcome = attempt(lambda: actor.perform(stage.step))
    how = f"files could not grow beyond {most} bytes"
    return afterwards(stage, actor, reader, store, how, CUT_SHORT, outcome, then=then, is_alone=is_alone)


def _in_part(  # noqa: PLR0913 - named at its calls
    stage: Stage,
    actor: Program,
    reader: Program,
    point: Point,
    most: int,
    then: Step,
    *,
    fails_next: bool,
    is_alone: bool,
) -> Interruption | None:
    """Let one write take a part of what it is given, the next nothing if so asked, and those after it everything."""
    store = stage.set_up()
    actor.open(store)
    if point.whom is not None and not has_thread(actor.pid, point.whom):
        return None
    number = point.number + fails_next
    with attached(actor.pid, f"{point.name}:signal=STOP:when={number}", thread=point.whom) as record:
        with _limited(actor, most):
            actor.send(stage.step)
            is_stopped = actor.is_stopped(record)
        actor.go_on()
        outcome = attempt(lambda: actor.receive(stage.step))
    if not is_stopped or not actor.is_alive:
        return None  # the program took another way this time
    how = f"{point} wrote no more than {most} bytes at first{', and then nothing once' if fails_next else ''}"
    return afterwards(stage, actor, reader, store, how, _IN_PART, outcome, then=then, is_alone=is_alone)


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
