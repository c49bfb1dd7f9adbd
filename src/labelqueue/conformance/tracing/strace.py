"""strace: the system calls of a program, recorded, or made to fail, to kill or to stop it.

One kept tool does all of it for a program in any language.  It is attached to a
process once that waits for a request, right before the request is sent, and let go
when the answer is there; so the counts of system calls begin with the request.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.tracing.process_state import is_asleep
from labelqueue.conformance.tracing.system_calls import STARTS, TRACED, SystemCall, calls_in

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Record", "attached", "why_not"]

_LONGEST_TO_COME_TO_REST_S: Final = 5.0


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
    def stops(self) -> int:
        """How often the process was stopped by a signal that was injected."""
        return 0 if self.file is None else self.file.read_bytes().count(b"--- stopped by SIGSTOP ---")

    def so_far(self) -> list[SystemCall]:
        """Return its system calls while it is still watched."""
        return [] if self.file is None else calls_in(self.file, None)

    def injected(self) -> list[SystemCall]:
        """Return the calls that were made to fail, or interrupted."""
        return [call for call in self.calls if call.is_injected]

    def answers(self, pipe: str) -> list[int]:
        """Return the places of the calls that end an answer into a pipe, counted from 0."""
        return [place for place, call in enumerate(self.calls) if call.ends_answer(pipe)]


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
        pid: The process, which waits for a request, or is about to; in a session of its own, since its
            whole group is told to go on in the end.
        injection: What to do at a point: the part of strace's `inject=` behind the
            name, such as `write:error=ENOSPC:when=2`.
        thread: The only thread to watch, if any; strace counts by thread, and would make
            the call of that number fail in each.
        is_full: Whether the record holds everything that is written, as hexadecimal bytes, and
            what other programs do that are started.

    Yields:
        The record; it is filled when the context is left.
    """
    record = Record()
    with tempfile.TemporaryDirectory(prefix="labelqueue-strace-") as folder:
        file = Path(folder) / "record"
        file.touch()
        record.file = file
        whom = ["-f", "-p", str(pid)] if thread is None else ["-p", str(thread)]
        command = ["strace", *whom, "-y", "-o", str(file), "-e", "signal=STOP,INT"]
        if is_full:
            command += ["-e", f"trace={TRACED},{STARTS}", "-xx", "-s", "100000000"]
        else:
            # Threads are followed; another program that is started, such as a tool that takes a
            # lock, is not: numbers are counted by thread, so that its calls would be hit as well.
            command += ["-e", f"trace={TRACED}", "-s", "16", "-b", "execve"]
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
                os.killpg(os.getpgid(pid), signal.SIGCONT)
            record.calls.extend(calls_in(file, thread))
            record.file = None


def _let_come_to_rest(pid: int) -> None:
    """Wait until all threads of a process sleep, of which one waits for the next request."""
    limit = time.monotonic() + _LONGEST_TO_COME_TO_REST_S
    while time.monotonic() < limit:
        if is_asleep(pid):
            return
        time.sleep(0.001)
