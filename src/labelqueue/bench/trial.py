"""A trial: one subject at one size, ready to be measured call by call.

Every method does one call and returns how long that took in seconds; what has to
be there before is made outside of it.  Calls that change nothing and are over at
once are done again and again, and the mean of them is returned.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelqueue.bench.subject import BenchSubject, Rows

__all__ = ["Reference", "Trial"]

_USER = "user 7"
_LIMIT = 10
_LONG_ENOUGH_S = 0.005


class Trial:
    """One subject at one size.

    Attributes:
        path: The store that it is working on.
    """

    def __init__(self, subject: BenchSubject, rows: Rows, folder: Path) -> None:
        """Make what is handed in.

        Args:
            subject: The subject.
            rows: The rows of the frame.
            folder: Where its stores are made.
        """
        self._subject = subject
        self._batch = subject.batch(rows)
        self._folder = folder
        self._number = 0
        self._queue: Any = None
        self._ids: Iterator[str] | None = None
        self.path = folder

    def enqueue(self) -> float:
        """Enqueue every row into an empty queue."""
        self.end()
        self._number += 1
        self.path = self._folder / str(self._number) / "queue.json"
        self.path.parent.mkdir(parents=True)
        self._queue = self._subject.open(self.path)
        return _timed(lambda: self._queue.enqueue_low_confidence(self._batch))

    def again(self) -> float:
        """Enqueue the same rows again."""
        return _timed(lambda: self._queue.enqueue_low_confidence(self._batch))

    def none(self) -> float:
        """Hand in a frame in which no row is below the threshold."""
        return _timed(lambda: self._queue.enqueue_low_confidence(self._batch, threshold=-1.0))

    def get(self) -> float:
        """Ask."""
        return _timed_again_and_again(lambda: self._queue.get_pending(limit=_LIMIT))

    def get_user(self) -> float:
        """Ask for one user."""
        return _timed_again_and_again(lambda: self._queue.get_pending(_USER, limit=_LIMIT))

    def mark(self) -> float:
        """Mark one request done, one that is pending as long as there are any."""
        if self._ids is None:
            self._ids = cycle([request.request_id for request in self._queue.get_pending(limit=1000)])
        request_id = next(self._ids)
        return _timed(lambda: self._queue.mark_done(request_id))

    def open(self) -> float:
        """Open the queue once more."""
        return _timed(lambda: self._subject.open(self.path), self._close)

    def end(self) -> None:
        """Let go of the queue, and remove its store."""
        self._close(self._queue)
        self._queue = None
        self._ids = None
        if self.path != self._folder:
            shutil.rmtree(self.path.parent)

    def _close(self, queue: Any) -> None:  # noqa: ANN401 - anybody's class
        close = getattr(queue, "close", None)
        if close is not None:
            close()


class Reference:
    """What is done to the bytes of a queue file without any queue."""

    def __init__(self, path: Path, folder: Path) -> None:
        """Read the bytes.

        Args:
            path: The queue file.
            folder: Where they are written.
        """
        self._content = path.read_bytes()
        self._target = folder / "plain.json"
        self._temporary = folder / "plain.tmp"

    def mark(self) -> float:
        """Write, flush and replace them with plain system calls."""
        return _timed(self._replace)

    def open(self) -> float:
        """Read them as JSON."""
        return _timed(lambda: json.loads(self._content))

    def _replace(self) -> None:
        descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            rest = memoryview(self._content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._temporary.replace(self._target)
        folder = os.open(self._target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _timed(call: Callable[[], Any], afterwards: Callable[[Any], None] = lambda _: None) -> float:
    begun = time.perf_counter()
    result = call()
    seconds = time.perf_counter() - begun
    afterwards(result)
    return seconds


def _timed_again_and_again(call: Callable[[], Any]) -> float:
    # One call of microseconds would show how far the others' turns emptied the processor's caches.
    begun, made, seconds = time.perf_counter(), 0, 0.0
    while seconds < _LONG_ENOUGH_S:
        call()
        made += 1
        seconds = time.perf_counter() - begun
    return seconds / made
