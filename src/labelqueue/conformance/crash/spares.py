"""Spares: processes that are started while others are being used, since starting takes longer than dying."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from labelqueue.conformance.crash.program import Program

__all__ = ["Actors", "Spares"]

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


class Actors:
    """A process that makes calls; another one once it is dead."""

    def __init__(self, start: Callable[[], Program], stack: ExitStack, most: int = 2) -> None:
        """Begin to start the first ones.

        Args:
            start: Starts one.
            stack: Ends them.
            most: How many will be needed, at a guess.
        """
        self._stack = stack
        self._spares = stack.enter_context(Spares(start, most))
        self._actor: Program | None = None

    def living(self) -> Program:
        """Return the one that lives."""
        if self._actor is None or not self._actor.is_alive:
            self._actor = self.another()
        return self._actor

    def another(self) -> Program:
        """Return one that nobody else has."""
        program = self._spares.take()
        self._stack.callback(program.end)
        return program
