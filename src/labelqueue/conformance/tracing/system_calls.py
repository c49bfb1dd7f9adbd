"""System calls as strace writes them down, and the points at which a program can be hit.

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

__all__ = [
    "CHANGES",
    "FLUSHES",
    "MOST_POINTS",
    "STARTS",
    "TRACED",
    "Point",
    "SystemCall",
    "calls_in",
    "points_in",
    "points_on_connections",
    "points_to_hit",
    "some_of",
]

_LINE: Final = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(.*)")
_TRACED: Final = (
    "open,openat,creat,close,dup,dup2,dup3,read,pread64,lseek,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,"
    "fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mknod,mknodat,mkdir,mkdirat,rmdir,"
    "chmod,fchmod,fchmodat,fsync,fdatasync,sync,syncfs,sync_file_range,copy_file_range,sendfile,splice,msync"
)
_LOOKS: Final = "newfstatat,statx"
_LOCKS: Final = "flock,fcntl"
_SOCKETS: Final = "sendto,sendmsg,recvfrom,recvmsg"
TRACED: Final = f"{_TRACED},{_LOOKS},{_LOCKS},{_SOCKETS}"
"""Every system call that is written down."""
STARTS: Final = "clone,clone3,fork,vfork"
"""Those that start a thread or a process."""
FLUSHES: Final = ("fsync", "fdatasync")
"""Those that flush one file or folder."""
_LEAVE: Final = {"close", "dup", "dup2", "dup3", "read", "pread64", "lseek"}
CHANGES: Final = tuple(name for name in _TRACED.split(",") if name not in _LEAVE)
"""Those that may change something on the disk."""
_READS: Final = frozenset({"open", "openat", "read", "pread64", "close", *_LOOKS.split(",")})
_ON_CONNECTIONS: Final = frozenset({*_SOCKETS.split(","), "read", "write", "writev"})
_ANSWERS: Final = frozenset({"write", "writev"})
_SOCKET: Final = re.compile(r"(\d+)<socket:")
_DESCRIPTOR: Final = re.compile(r"\d+<([^>]*)>")
_LOCKING: Final = re.compile(r"\bLOCK_(EX|SH)\b|\bF_(WR|RD)LCK\b")
_UNLOCKING: Final = re.compile(r"\bLOCK_UN\b|\bF_UNLCK\b")
_INJECTED: Final = "(INJECTED"
MOST_POINTS: Final = 48
"""The most points of a call at which it is hit, where it makes many system calls for each row of a large batch."""
_FEWEST_POINTS: Final = 6
# Points by tries: each try makes all the calls, and one that makes thousands takes seconds.
_MOST_CALLS: Final = 12_000
_FEW: Final = 5
_T = TypeVar("_T")
_WRITING_FLAGS: Final = ("O_WRONLY", "O_RDWR", "O_CREAT")


class SystemCall(NamedTuple):
    """One system call as it was recorded.

    Attributes:
        pid: The thread that made it.
        name: Its name.
        arguments: Its arguments as text.
        result: What it returned, as text.
        rest: What stands behind the result, such as the path of a descriptor or the error.
    """

    pid: int
    name: str
    arguments: str
    result: str
    rest: str

    @property
    def connection(self) -> int | None:
        """The descriptor of the connection over which it sent or received something, or `None` for any other call."""
        found = _SOCKET.match(self.arguments) if self.name in _ON_CONNECTIONS else None
        return None if found is None or self.result.startswith("-") else int(found[1])

    @property
    def sends(self) -> bool:
        """Whether it sends something, where it is over a connection."""
        return not self.name.startswith(("recv", "read"))

    @property
    def is_injected(self) -> bool:
        """Whether it was made to fail, or was interrupted."""
        return _INJECTED in self.rest

    @property
    def is_answer(self) -> bool:
        """Whether it answers a request of the kit's, however strings are written."""
        is_written = self.name in _ANSWERS
        return is_written and any(pipe in self.arguments and word in self.arguments for pipe, word in _ANSWERING)

    def puts_in_place(self, store: Path) -> bool:
        """Whether it gave another file the name of the store."""
        return self.name.startswith(("rename", "link")) and self.result == "0" and f'"{store}"' in self.arguments

    @property
    def makes_a_file(self) -> bool:
        """Whether it made a file, or opened one that it would have made."""
        is_made = self.name.startswith("mknod") or (self.name.startswith("open") and "O_CREAT" in self.arguments)
        return is_made and not self.result.startswith("-")

    @property
    def path(self) -> str:
        """The file that its descriptor is for, or nothing."""
        found = _DESCRIPTOR.match(self.arguments)
        return found[1] if found else ""

    @property
    def locks(self) -> bool:
        """Whether it locks a file, or would like to."""
        return self._is_of_locks and _LOCKING.search(self.arguments) is not None

    @property
    def may_unlock(self) -> bool:
        """Whether it frees a lock on its file, if there is one; to close a file may free any lock on it."""
        return self.name == "close" or (self._is_of_locks and _UNLOCKING.search(self.arguments) is not None)

    @property
    def _is_of_locks(self) -> bool:
        return self.name in _LOCKS.split(",")

    @property
    def changes(self) -> bool:
        """Whether it changes something on the disk, if it succeeds."""
        if self.name in ("open", "openat"):
            return any(flag in self.arguments for flag in _WRITING_FLAGS)
        return self.name in CHANGES


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


def calls_in(file: Path, alone: int | None) -> list[SystemCall]:
    """Read a record of strace; a call that was cut in two by another thread is put together again.

    Args:
        file: The record.
        alone: The only thread that was watched, if one was: its id is not written then.
    """
    found: list[SystemCall] = []
    begun: dict[str, str] = {}
    for line in file.read_text(encoding="ascii", errors="replace").splitlines():
        pid, _, text = line.partition(" ") if alone is None else (str(alone), "", line)
        text = text.lstrip()
        if text.endswith("<unfinished ...>"):
            begun[pid] = text.removesuffix("<unfinished ...>")
            continue
        if text.startswith("<..."):
            text = begun.pop(pid, "") + text.partition("resumed>")[2]
        if text.startswith("--- SIGINT "):  # which strace marks nowhere else
            last = max(place for place, call in enumerate(found) if call.pid == int(pid))
            found[last] = found[last]._replace(rest=_INJECTED)
        matched = _LINE.fullmatch(f"{pid} {text}")
        if matched:
            thread, name, arguments, result, rest = matched.groups()
            found.append(SystemCall(int(thread), name, arguments, result, rest))
    return found


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
    touching = [(number, call) for number, call in _numbered(calls) if str(folder) in call.arguments]
    following = [call for _, call in touching[1:]]
    return [
        point(call, number, Path(re.findall(rf"{re.escape(str(folder))}[^\">]*", call.arguments)[-1]).name)
        for (number, call), then in zip_longest(touching, following)
        if call.changes
        or (of_reading and call.name in _READS and not _goes_on_looking(call, then))
        or (of_unlocking and call.may_unlock and call.path in locked)
    ]


def _goes_on_looking(call: SystemCall, then: SystemCall | None) -> bool:
    """Whether it only looks, and so does what follows, such as at the next part of a path, or nothing follows."""
    return call.name in _LOOKS and (then is None or then.name in _LOOKS)


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
        if call.name in _ANSWERS and calls[0].pid != call.pid:
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


def _escaped(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode("ascii"))


# What goes into a pipe and begins an object; where the whole text is written down, that can be told more closely.
_ANSWERING: Final = (("<pipe:", '"{'), (_escaped("pipe:"), _escaped('"jsonrpc"')))
