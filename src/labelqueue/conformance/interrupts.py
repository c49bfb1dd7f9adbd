"""Interrupts: programs that are examined heed them, also where the kit itself runs in the background."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["heeded"]


@contextmanager
def heeded() -> Iterator[None]:
    """Heed interrupts for a while.

    A shell has what it starts in the background ignore them, and so does every program that
    is started from there: what an interrupt leaves behind would be told in the foreground alone.
    Only the main thread can change that; in any other nothing is done.
    """
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if not is_ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
