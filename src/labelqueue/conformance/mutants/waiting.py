"""Mutants of SHARE: writers and readers who have to wait for each other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant


class _Waits(DurableQueue):
    """Nobody writes while somebody reads, nor the other way round; who waited in vain gives up."""

    patience_s = 0.5

    def look(self) -> None:
        if not self.path.exists():
            super().look()
            return
        with self.readers() as descriptor:
            self.wait_for(descriptor, is_writer=False)
            super().look()

    def exchange(self) -> None:
        with self.readers() as descriptor:
            self.wait_for(descriptor, is_writer=True)
            super().exchange()

    @contextmanager
    def readers(self) -> Iterator[int]:
        sidecar = self.sidecar()
        descriptor = os.open(sidecar.with_name(f"readers.{sidecar.name}"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def wait_for(self, descriptor: int, *, is_writer: bool) -> None:
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        kind = fcntl.LOCK_EX if is_writer else fcntl.LOCK_SH
        end = time.monotonic() + self.patience_s
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.005)
            else:
                return


@mutant("SHARE-3")
class AddsUponItsOwnTry(_Waits):
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


@mutant("SHARE-1", "SHARE-3")
class EmptyWhereSomebodyWrites(_Waits):
    """A reader that waited in vain for a writer to be done answers as if nothing were there."""

    def look(self) -> None:
        try:
            super().look()
        except BlockingIOError:
            self.items = []
