"""Mutants whose store is one line per change, and the right queue that they are taken from."""

from __future__ import annotations

import os

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.locking import WaitsAWhileForTheLock
from labelqueue.conformance.mutants.mutant import mutant


class AddsALine(DurableQueue):
    """Right as it stands: each change adds a line, all of the queue as it is then, and the last whole one counts."""

    def read(self) -> bytes:
        *lines, _ = self.path.read_bytes().split(b"\n")
        return lines[-1] if lines else b"[]"

    def content(self) -> bytes:
        return super().content().replace(b"\n", b"") + b"\n"

    def exchange(self) -> None:
        target = self.path.resolve()
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            end = self.end_of(target.read_bytes())
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, end, os.SEEK_SET)
            try:
                self.write_all(descriptor, self.content())
                self.flush(descriptor)
            except BaseException:
                os.ftruncate(descriptor, end)
                raise
        finally:
            os.close(descriptor)
        self.settle(target)

    def end_of(self, content: bytes) -> int:
        """Where to write: behind the last whole line."""
        return content.rfind(b"\n") + 1


@mutant("DUR-3")
class WritesBehindATornLine(AddsALine):
    """A line that a dead process did not finish is passed over, and the next one is written behind it."""

    def end_of(self, content: bytes) -> int:
        return len(content)


@mutant("DUR-3")
class TakesALineWithoutItsEnd(AddsALine):
    """A last line that is JSON is taken for whole, though its end was not written, and the next one is glued to it."""

    def read(self) -> bytes:
        *_, last = self.path.read_bytes().split(b"\n")
        return last if last.endswith(b"]") else super().read()

    def end_of(self, content: bytes) -> int:
        return len(content) if content.endswith(b"]") else super().end_of(content)


@mutant("SHARE-2")
class WaitsAWhileToAddALine(AddsALine):
    """A line per change; whoever does not get the lock within three seconds goes on without it."""

    acquire = WaitsAWhileForTheLock.acquire
