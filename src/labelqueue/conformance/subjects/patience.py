"""Patience: a call in this process that does not return is broken off, and a queue that hangs is asked no more.

A program that does not answer is ended.  A call in this process can only be
interrupted, which needs the main thread and a system with interval timers; elsewhere
it is waited for without end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Never

from labelqueue.conformance.subjects.subject import BrokenError

__all__ = ["Patience"]

_LONGEST_S: Final = 30.0
_PER_ROW: Final = 0.01
"""What a row adds, as a part of the longest: who saves a thousand rows one by one hangs at none of them."""
_AGAIN_S: Final = 1.0
_MOST: Final = 3


class _TooLongError(BaseException):
    """It has been waited for long enough; no `Exception`, which the queue itself may pass over."""


class Patience:
    """How long the calls of one subject are waited for, and how often in vain."""

    def __init__(self, longest_s: float | None = _LONGEST_S) -> None:
        """Begin with all of it.

        Args:
            longest_s: How long a call may take, in seconds; `None` for as long as it likes.
        """
        self._longest_s = longest_s
        self._times = 0

    def during(self, what: str, call: Callable[[], Any], rows: int = 0) -> Any:  # noqa: ANN401 - anything the subject returns
        """Make a call.

        Args:
            what: What is called, in words.
            call: The call.
            rows: How many rows or buckets are handed in; the call may take longer for each.

        Raises:
            BrokenError: It did not return in time, or too many did not before.
        """
        longest_s = self._longest_s
        if longest_s is None:
            return call()
        if self._times >= _MOST:
            raise BrokenError(f"is asked no more: {_MOST} calls did not return within {longest_s:g} s each")
        if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
            return call()
        longest_s += longest_s * _PER_ROW * rows
        try:
            with _limit(longest_s):
                return call()
        except _TooLongError as error:
            self._times += 1
            raise BrokenError(f"did not return from {what} within {longest_s:g} s") from error


@contextmanager
def _limit(longest_s: float) -> Iterator[None]:
    def end(*_: object) -> Never:
        raise _TooLongError

    handler = signal.signal(signal.SIGALRM, end)
    # Again and again, since the queue may pass over it.
    due_s, interval_s = signal.setitimer(signal.ITIMER_REAL, longest_s, _AGAIN_S)
    try:
        yield
    finally:
        left_s, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if due_s:  # somebody else's timer goes on
            signal.setitimer(signal.ITIMER_REAL, max(due_s - (longest_s - left_s), _AGAIN_S), interval_s)
