"""Mutants of SHARE-3: writers who have to wait for those that read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant


class _WaitsForReaders(DurableQueue):
    """Nothing is put in place while somebody reads; a writer that waited in vain gives up."""

    patience_s = 0.5

    def look(self) -> None:
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        if not self.path.exists():
            super().look()
            return
        with self.readers() as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            super().look()

    def replace(self, temporary: Path, target: Path) -> None:
        with self.readers() as descriptor:
            self.wait_for(descriptor)
            super().replace(temporary, target)

    @contextmanager
    def readers(self) -> Iterator[int]:
        sidecar = self.sidecar()
        descriptor = os.open(sidecar.with_name(f"readers.{sidecar.name}"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def wait_for(self, descriptor: int) -> None:
        import fcntl  # noqa: PLC0415 - as above

        end = time.monotonic() + self.patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.005)
            else:
                return


@mutant("SHARE-3")
class AddsUponItsOwnTry(_WaitsForReaders):
    """A batch that had to wait for a reader is added once more upon itself, where nothing is new, and is lost."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        if not rows:
            return 0
        with self.locked():
            self.look()
            while True:
                try:
                    return InputQueue.enqueue(self, rows, reason)
                except BlockingIOError:
                    continue
