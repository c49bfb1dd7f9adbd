"""strace: the system calls of a program, recorded, or made to fail, to kill or to stop it.

One kept tool does all of it for a program in any language.  It is attached to a
process once that waits for a request, right before the request is sent, and let go
when the answer is there; so the counts of system calls begin with the request.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from labelqueue.conformance.subjects.process_state import state_in

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Point", "Record", "SystemCall", "attached", "points_in", "points_on_connections", "why_not"]

_LINE: Final = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(.*)")
_TRACED: Final = (
    "open,openat,creat,close,dup,dup2,dup3,read,lseek,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,"
    "fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,"
    "fchmodat,fsync,fdatasync,sync,syncfs,sync_file_range,copy_file_range,sendfile,splice,msync"
)
_CHANGES: Final = frozenset(_TRACED.split(",")) - {"close", "dup", "dup2", "dup3", "read", "lseek"}
_READS: Final = frozenset({"open", "openat", "read", "close"})
_SOCKETS: Final = "sendto,sendmsg,recvfrom,recvmsg"
_ON_CONNECTIONS: Final = frozenset({*_SOCKETS.split(","), "read", "write", "writev"})
_SOCKET: Final = re.compile(r"(\d+)<socket:")
_LONGEST_TO_COME_TO_REST_S: Final = 5.0
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
    def is_injected(self) -> bool:
        """Whether it was made to fail."""
        return "(INJECTED" in self.rest

    def puts_in_place(self, store: Path) -> bool:
        """Whether it gave another file the name of the store."""
        return self.name.startswith(("rename", "link")) and self.result == "0" and f'"{store}"' in self.arguments

    @property
    def changes(self) -> bool:
        """Whether it changes something on the disk, if it succeeds."""
        if self.name in ("open", "openat"):
            return any(flag in self.arguments for flag in _WRITING_FLAGS)
        return self.name in _CHANGES


class Point(NamedTuple):
    """A system call of a program, by its name and its number among those of its name.

    Attributes:
        name: The name of the system call.
        number: Which one, from 1, since the request was sent.
        file: The last part of the path that it is about.
        thread: Which thread made it.
    """

    name: str
    number: int
    file: str
    thread: int

    def __str__(self) -> str:
        """Write it in words."""
        return f"{self.name} number {self.number} (on {self.file})"


@dataclass
class Record:
    """What a process did while it was watched.

    Attributes:
        calls: Its system calls in order, once it is watched no longer.
        file: Where they are written down, as long as it is watched.
    """

    calls: list[SystemCall] = field(default_factory=list)
    file: Path | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether the process was stopped by a signal that was injected."""
        return self.file is not None and b"--- stopped by SIGSTOP ---" in self.file.read_bytes()

    def so_far(self) -> list[SystemCall]:
        """Return its system calls while it is still watched."""
        return [] if self.file is None else _calls_in(self.file)

    def injected(self) -> SystemCall | None:
        """The call that was made to fail, if any was."""
        return next((call for call in self.calls if call.is_injected), None)


def why_not() -> str | None:
    """Say why system calls cannot be seen here, or `None` where they can."""
    if shutil.which("strace") is None:
        return "strace is not installed, so that system calls cannot be seen"
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)  # noqa: S607 - found above
    return None if done.returncode == 0 else "strace may not trace processes here"


@contextmanager
def attached(pid: int, *injection: str, is_full: bool = False, thread: int | None = None) -> Iterator[Record]:
    """Watch a process.

    Args:
        pid: The process, which waits for a request, or is about to.
        injection: What to do at a point: the part of strace's `inject=` behind the
            name, such as `write:error=ENOSPC:when=2`.
        thread: The only thread to watch, if it is still there; strace counts by thread,
            and would make the call of that number fail in each.
        is_full: Whether the record holds everything that is written, as hexadecimal bytes.

    Yields:
        The record; it is filled when the context is left.
    """
    record = Record()
    with tempfile.TemporaryDirectory(prefix="labelqueue-strace-") as folder:
        file = Path(folder) / "record"
        file.touch()
        record.file = file
        # Threads are followed; another program that is started, such as a tool that takes a
        # lock, is not: numbers are counted by thread, so that its calls would be hit as well.
        whom = ["-f", "-p", str(pid)]
        if thread is not None and Path(f"/proc/{pid}/task/{thread}").exists():
            whom = ["-p", str(thread)]
        command = ["strace", *whom, "-b", "execve", "-y", "-o", str(file)]
        command += ["-e", f"trace={_TRACED},{_SOCKETS}", "-e", "signal=STOP"]
        command += ["-xx", "-s", "100000000"] if is_full else ["-s", "16"]
        for each in injection:
            command += ["-e", f"inject={each}"]
        _let_come_to_rest(pid)
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
        assert tracer.stderr is not None
        try:
            line = tracer.stderr.readline()
            if b"attached" not in line:
                raise OSError(f"strace could not be attached: {line.decode(errors='replace').strip()}")
            # Each thread was interrupted, and begins its waiting anew.  Were the request there
            # before, the reading of it would not be counted this time, as it is every other time.
            _let_come_to_rest(pid)
            yield record
        finally:
            tracer.send_signal(signal.SIGINT)
            try:
                tracer.wait(5)
            except subprocess.TimeoutExpired:
                tracer.kill()
                tracer.wait()
            tracer.stderr.close()
            # A stop that was on its way while strace let go would last for ever.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
            record.calls.extend(_calls_in(file))
            record.file = None


def _let_come_to_rest(pid: int) -> None:
    """Wait until all threads of a process sleep, of which one waits for the next request."""
    limit = time.monotonic() + _LONGEST_TO_COME_TO_REST_S
    while time.monotonic() < limit:
        with suppress(OSError):  # a thread that is gone
            if all(state_in(stat) == "S" for stat in Path(f"/proc/{pid}/task").glob("*/stat")):
                return
        time.sleep(0.001)


def _calls_in(file: Path) -> list[SystemCall]:
    # A call that was cut in two by another thread is put together again.
    found = []
    begun: dict[str, str] = {}
    for line in file.read_text(encoding="ascii", errors="replace").splitlines():
        pid, _, text = line.partition(" ")
        text = text.lstrip()
        if text.endswith("<unfinished ...>"):
            begun[pid] = text.removesuffix("<unfinished ...>")
            continue
        if text.startswith("<..."):
            text = begun.pop(pid, "") + text.partition("resumed>")[2]
        matched = _LINE.fullmatch(f"{pid} {text}")
        if matched:
            thread, name, arguments, result, rest = matched.groups()
            found.append(SystemCall(int(thread), name, arguments, result, rest))
    return found


def points_in(record: Record, folder: Path, *, of_reading: bool = False) -> list[Point]:
    """Name the system calls that change something below a folder, in order.

    Calls of one thread alone are counted, since strace counts them by thread.

    Args:
        record: What a process did.
        folder: The folder.
        of_reading: Whether those that only read count, too.
    """
    return [
        Point(
            call.name, number, Path(re.findall(rf"{re.escape(str(folder))}[^\">]*", call.arguments)[-1]).name, call.pid
        )
        for number, call in _numbered(record)
        if (call.changes or (of_reading and call.name in _READS)) and str(folder) in call.arguments
    ]


def points_on_connections(record: Record) -> list[Point]:
    """Name the system calls that send something over a connection or receive something, in order; as `points_in`."""
    return [
        Point(call.name, number, "a connection", call.pid)
        for number, call in _numbered(record)
        if call.connection is not None
    ]


def _numbered(record: Record) -> Iterator[tuple[int, SystemCall]]:
    """Every call that came to its end, with its number among those of its name and thread."""
    numbers: Counter[tuple[int, str]] = Counter()
    for call in record.calls:
        numbers[call.pid, call.name] += 1
        if call.result != "?":
            yield numbers[call.pid, call.name], call
