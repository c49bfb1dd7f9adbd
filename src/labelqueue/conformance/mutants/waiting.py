"""Mutants of SHARE: who has to wait, and gives up."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant

_PATIENCE_S: Final = 0.5


class _Waits(DurableQueue):
    """Nobody writes while somebody reads, nor the other way round; who waited in vain gives up."""

    def look(self) -> None:
        if not self.path.exists():
            super().look()
            return
        with self.readers() as descriptor:
            _wait_for(descriptor, is_writer=False)
            super().look()

    def exchange(self) -> None:
        with self.readers() as descriptor:
            _wait_for(descriptor, is_writer=True)
            super().exchange()

    @contextmanager
    def readers(self) -> Iterator[int]:
        sidecar = self.sidecar()
        descriptor = os.open(sidecar.with_name(f"readers.{sidecar.name}"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


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


@mutant("SHARE-3")
class KeepsTheLockOfAFailedCall(DurableQueue):
    """The lock is freed behind a change; after one that failed the instance has it still, and nobody else gets it."""

    held: int | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        if self.held is None:
            descriptor = os.open(self.sidecar(), os.O_RDWR | os.O_CREAT, 0o666)
            self.acquire(descriptor)
            self.held = descriptor
        yield
        os.close(self.held)
        self.held = None

    def acquire(self, descriptor: int) -> None:
        _wait_for(descriptor, is_writer=True)


def _wait_for(descriptor: int, *, is_writer: bool) -> None:
    import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

    kind = fcntl.LOCK_EX if is_writer else fcntl.LOCK_SH
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)
        else:
            return
