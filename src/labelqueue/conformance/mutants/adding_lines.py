"""Mutants whose store is one line per change, and the right queue that they are taken from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.locking import WaitsAWhileForTheLock
from labelqueue.conformance.mutants.mutant import mutant


class AddsALine(DurableQueue):
    """Right as it stands: each change adds a line, all of the queue as it is then, and the last whole one counts.

    Who reads waits for who writes, since a line may be taken back.
    """

    def read(self) -> bytes:
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        with self.path.open("rb") as file:
            self.hold(file.fileno(), fcntl.LOCK_SH)
            return self.last_line(file.read())

    def last_line(self, content: bytes) -> bytes:
        """The line that counts."""
        *lines, _ = content.split(b"\n")
        return lines[-1] if lines else b"[]"

    def content(self) -> bytes:
        return super().content().replace(b"\n", b"") + b"\n"

    def exchange(self) -> None:
        import fcntl  # noqa: PLC0415 - as above

        target = self.path.resolve()
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            self.hold(descriptor, fcntl.LOCK_EX)
            end = self.end_of(target.read_bytes())
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, end, os.SEEK_SET)
            try:
                self.write_all(descriptor, self.content())
                self.flush(descriptor)
            except BaseException:
                self.take_back(descriptor, end)
                raise
        finally:
            os.close(descriptor)
        self.settle(target)

    def hold(self, descriptor: int, how: int) -> None:
        """Wait for a lock on the file itself, until it is closed."""
        import fcntl  # noqa: PLC0415 - as above

        fcntl.flock(descriptor, how)

    def end_of(self, content: bytes) -> int:
        """Where to write: behind the last whole line."""
        return content.rfind(b"\n") + 1

    def take_back(self, descriptor: int, end: int) -> None:
        """Cut off what was written."""
        os.ftruncate(descriptor, end)


@mutant("DUR-3")
class WritesBehindATornLine(AddsALine):
    """A line that a dead process did not finish is passed over, and the next one is written behind it."""

    def end_of(self, content: bytes) -> int:
        return len(content)


@mutant("DUR-3")
class WritesBehindATornLineOnceGrown(AddsALine):
    """As long as there are few lines, all is right; later, what a dead process did not finish stays where it is."""

    few = 2

    def end_of(self, content: bytes) -> int:
        return super().end_of(content) if content.count(b"\n") <= self.few else len(content)


@mutant("DUR-3")
class TakesALineWithoutItsEnd(AddsALine):
    """A last line that is JSON is taken for whole, though its end was not written, and the next one is glued to it."""

    def last_line(self, content: bytes) -> bytes:
        *_, last = content.split(b"\n")
        return last if last.endswith(b"]") else super().last_line(content)

    def end_of(self, content: bytes) -> int:
        return len(content) if content.endswith(b"]") else super().end_of(content)


@mutant("DUR-4")
class LeavesTheNameToChance(AddsALine):
    """A line per change, which is flushed; the folder is not, in which the file has its name since the first change."""

    def settle(self, target: Path) -> None:
        pass


@mutant("DUR-4")
class LeavesTheNameToItsMaker(AddsALine):
    """The folder is flushed by the call that makes the file; where that one dies before, nobody does it."""

    was_there = False

    def exchange(self) -> None:
        self.was_there = self.path.resolve().exists()
        super().exchange()

    def settle(self, target: Path) -> None:
        if not self.was_there:
            super().settle(target)


@mutant("SHARE-2")
class WaitsAWhileToAddALine(AddsALine):
    """A line per change; whoever does not get the lock within three seconds goes on without it."""

    acquire = WaitsAWhileForTheLock.acquire

    def hold(self, descriptor: int, how: int) -> None:
        """One lock is thought to be enough."""


@mutant("SHARE-3")
class ReadsWhatIsTakenBack(AddsALine):
    """A line per change; who reads takes no lock, and sees a line that is taken back when its flush fails."""

    def read(self) -> bytes:
        return self.last_line(self.path.read_bytes())


@mutant("SHARE-2")
class TakesBackFromWhereItBegan(AddsALine):
    """A line per change; a call that fails goes back to the length of the file that it saw before it had the lock."""

    length = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.length = self.path.stat().st_size if self.path.exists() else 0
        with super().locked():
            yield

    def take_back(self, descriptor: int, end: int) -> None:
        os.ftruncate(descriptor, min(end, self.length))


@mutant("SHARE-2")
class TakesBackOutsideTheLock(AddsALine):
    """A line per change; a call that fails takes its line back when it has freed its lock."""

    def take_back(self, descriptor: int, end: int) -> None:
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        self.unlock()
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.ftruncate(descriptor, end)


@mutant("SHARE-2")
class TidiesUpOutsideTheLock(AddsALine):
    """A line per change; of a dozen the last one alone is kept, which is seen to when the lock is free again."""

    most = 12

    @contextmanager
    def locked(self) -> Iterator[None]:
        with super().locked():
            yield
        target = self.path.resolve()
        if target.exists() and target.read_bytes().count(b"\n") >= self.most:
            temporary = self.temporary(target)
            temporary.write_bytes(self.last_line(target.read_bytes()) + b"\n")
            self.replace(temporary, target)
