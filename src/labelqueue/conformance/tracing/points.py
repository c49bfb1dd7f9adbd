"""The points at which a program can be hit.

A point is the number of a call among those of its name and thread: so strace counts.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from labelqueue.conformance.tracing.process_state import has_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = ["MOST_POINTS", "Point", "locks_in", "points_in", "points_on_connections", "points_to_hit", "some_of"]

MOST_POINTS: Final = 48
"""The most points of a call at which it is hit, where it makes many system calls for each row of a large batch."""
_FEWEST_POINTS: Final = 6
# Points by tries: each try makes all the calls, and one that makes thousands takes seconds.
_MOST_CALLS: Final = 12_000
_FEW: Final = 5
_T = TypeVar("_T")


class Point(NamedTuple):
    """A system call of a program, by its name and its number among those of its name.

    Attributes:
        name: The name of the system call.
        number: Which one, from 1, since the request was sent.
        file: The last part of the path that it is about.
        thread: Which thread made it.
        is_unique: Whether no other thread makes as many of those.
    """

    name: str
    number: int
    file: str
    thread: int
    is_unique: bool

    @property
    def writes(self) -> bool:
        """Whether it writes into a file."""
        return self.name.startswith(("write", "pwrite"))

    @property
    def whom(self) -> int | None:
        """The thread to watch if nothing else may be hit; `None` for all: the next call may take another thread."""
        return None if self.is_unique else self.thread

    def is_gone_from(self, pid: int) -> bool:
        """Whether a process lacks the thread to watch: another one makes the call this time."""
        return self.whom is not None and not has_thread(pid, self.whom)

    def __str__(self) -> str:
        """Write it in words."""
        return f"{self.name} number {self.number} (on {self.file})"


def points_in(
    calls: Sequence[SystemCall], folder: Path, *, of_reading: bool = False, of_unlocking: bool = False
) -> list[Point]:
    """Name the system calls that change something below a folder, in order.

    Calls of one thread alone are counted, since strace counts them by thread.

    Args:
        calls: What a process did.
        folder: The folder.
        of_reading: Whether those that only read count, too.
        of_unlocking: Whether those that free a lock on a file count, too.
    """
    locked = {call.path for call in calls if call.locks}
    point = _pointing(calls)
    touching = _touching(calls, folder)
    following = [call for _, call in touching[1:]]
    return [
        point(call, number, _file_of(call, folder))
        for (number, call), then in zip_longest(touching, following)
        if call.changes
        or (of_reading and call.reads and not _goes_on_looking(call, then))
        or (of_unlocking and call.may_unlock and call.path in locked)
    ]


def locks_in(calls: Sequence[SystemCall], folder: Path) -> list[Point]:
    """Name the system calls that lock a file below a folder, in order; as `points_in`."""
    point = _pointing(calls)
    return [point(call, number, _file_of(call, folder)) for number, call in _touching(calls, folder) if call.locks]


def _touching(calls: Sequence[SystemCall], folder: Path) -> list[tuple[int, SystemCall]]:
    return [(number, call) for number, call in _numbered(calls) if str(folder) in call.arguments]


def _file_of(call: SystemCall, folder: Path) -> str:
    return Path(re.findall(rf"{re.escape(str(folder))}[^\">]*", call.arguments)[-1]).name


def _goes_on_looking(call: SystemCall, then: SystemCall | None) -> bool:
    """Whether it only looks, and so does what follows, such as at the next part of a path, or nothing follows."""
    return call.looks and (then is None or then.looks)


def points_on_connections(calls: Sequence[SystemCall]) -> list[Point]:
    """Name the system calls that send something over a connection or receive something, in order; as `points_in`.

    Of a long row that only sends, or only receives, such as that of a batch of many
    statements, the first two, the middle and the last two are named.
    """
    used = [(number, call) for number, call in _numbered(calls) if call.connection is not None]
    rows = (list(row) for _, row in groupby(used, key=lambda each: (each[1].pid, each[1].connection, each[1].sends)))
    point = _pointing(calls)
    return [point(call, number, "a connection") for row in rows for number, call in some_of(row, _FEW)]


def some_of(row: Sequence[_T], most: int) -> list[_T]:
    """Return all of a row; or its ends, and some between them as far from each other as from the next."""
    if len(row) <= most:
        return list(row)
    at_an_end = 2 * most // 5
    between, count = row[at_an_end : len(row) - at_an_end], most - 2 * at_an_end
    chosen = (between[len(between) * (2 * place + 1) // (2 * count)] for place in range(count))
    return [*row[:at_an_end], *chosen, *row[-at_an_end:]]


def points_to_hit(points: Sequence[Point]) -> list[Point]:
    """Return the points of a call at which it is hit: all where there are few, and fewer where there are thousands."""
    return some_of(points, max(_FEWEST_POINTS, min(MOST_POINTS, _MOST_CALLS // max(1, len(points)))))


def _pointing(calls: Sequence[SystemCall]) -> Callable[[SystemCall, int, str], Point]:
    """Return what makes a point of a call, its number and its file, knowing what all threads did."""
    made = Counter((call.name, call.pid) for call in calls)
    threads = {call.pid for call in calls}

    def point(call: SystemCall, number: int, file: str) -> Point:
        others = [made[call.name, thread] for thread in threads - {call.pid}]
        is_made = [count for count in others if count]
        if call.may_answer and calls[0].pid != call.pid:
            # Whoever read the request answers it, which may come too late to be recorded.
            is_made.append(made[call.name, calls[0].pid])
        # One more: the thread that answered reads the next request while it is still watched.
        return Point(call.name, number, file, call.pid, all(count + 1 < number for count in is_made))

    return point


def _numbered(calls: Sequence[SystemCall]) -> Iterator[tuple[int, SystemCall]]:
    """Every call that came to its end, with its number among those of its name and thread."""
    numbers: Counter[tuple[int, str]] = Counter()
    for call in calls:
        numbers[call.pid, call.name] += 1
        if call.result != "?":
            yield numbers[call.pid, call.name], call
