"""Spares: processes that are started while others are being used, since starting takes longer than dying."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelqueue.conformance.crash.program import Program

__all__ = ["Spares"]

_AHEAD: Final = 2


class Spares:
    """Processes that are started ahead of their use; use it as a context manager."""

    def __init__(self, start: Callable[[], Program], most: int) -> None:
        """Begin to start the first ones.

        Args:
            start: Starts one.
            most: How many will be needed at most.
        """
        self._start = start
        self._left = most
        self._threads = ThreadPoolExecutor(_AHEAD)
        self._coming: deque[Future[Program]] = deque()
        for _ in range(_AHEAD):
            self._begin()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End those that nobody used."""
        self._left = 0
        self._threads.shutdown()
        for future in self._coming:
            if future.exception() is None:
                future.result().end()

    def take(self) -> Program:
        """Return a process, and begin to start another."""
        self._begin()
        return self._coming.popleft().result() if self._coming else self._start()

    def _begin(self) -> None:
        if self._left > 0:
            self._left -= 1
            self._coming.append(self._threads.submit(self._start))
