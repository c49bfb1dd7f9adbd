"""Crashes: calls that fail in the middle, processes that die, power that goes.

All of it works on programs, so that it is the same for every language; a Python
subject is made into one (`labelqueue.conformance.subjects.serve`).
"""

from __future__ import annotations

from labelqueue.conformance.crash.interrupting import CONCERNED, interruptions
from labelqueue.conformance.crash.run import crash

__all__ = ["CONCERNED", "crash", "interruptions"]
