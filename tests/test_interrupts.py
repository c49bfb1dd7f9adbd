"""Interrupts reach the programs that are examined, wherever the kit runs."""

from __future__ import annotations

import signal
import subprocess
import sys

from labelqueue.conformance.interrupts import heeded


def test_programs_heed_interrupts_where_the_kit_ignores_them():
    """A shell has what it starts in the background ignore them, and that is handed on to every program."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    tell = [sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"]
    try:
        told = [subprocess.check_output(tell, text=True, restore_signals=False).strip()]
        with heeded():
            told.append(subprocess.check_output(tell, text=True, restore_signals=False).strip())
        is_as_before = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)

    assert told == ["True", "False"]
    assert is_as_before
