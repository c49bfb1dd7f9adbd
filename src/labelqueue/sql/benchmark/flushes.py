"""The flushes: how often a queue tells the disk to keep what it wrote, counted by strace.

A setting is a promise; the system calls are what was done.  Only Linux has strace.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from labelqueue.sql.benchmark.other_queues import QUEUES

__all__ = ["Flushes", "flushes_of", "use"]

_FLUSHES: Final = ("fsync", "fdatasync", "msync", "sync_file_range", "sync", "syncfs")
_MARK: Final = "sched_yield"  # a system call that nobody else makes here


class Flushes(NamedTuple):
    """How many flushes one call makes.

    Attributes:
        put: To put one.
        take: To take one and acknowledge it.
    """

    put: float
    take: float


def flushes_of(name: str, folder: Path, *, times: int = 10) -> Flushes | None:
    """Count the flushes of a queue; `None` where there is no strace.

    Args:
        name: One of `QUEUES`.
        folder: An empty one.
        times: How many of each are made.
    """
    strace = shutil.which("strace")
    if strace is None:
        return None
    record = folder / "calls"
    watching = [strace, "-f", "-qq", "-o", str(record), "-e", f"trace={','.join((*_FLUSHES, _MARK))}"]
    program = [sys.executable, "-c", f"from {__name__} import use; use({name!r}, {str(folder)!r}, {times!r})"]
    subprocess.run([*watching, *program], check=True)  # noqa: S603 - ourselves
    counts = [0]
    for line in record.read_text(encoding="utf-8").splitlines():
        if f" {_MARK}(" in line:
            counts.append(0)
        elif "resumed>" not in line:
            counts[-1] += 1
    _, put, take, _ = counts
    return Flushes(put / times, take / times)


def use(name: str, folder: str, times: int) -> None:
    """Use a queue, with marks around what is counted; this is the program that is watched."""
    opened = QUEUES[name](Path(folder))
    for number in range(2):
        opened.put(number)
        opened.take()
    os.sched_yield()
    for number in range(times):
        opened.put(2 + number)
    os.sched_yield()
    for _ in range(times):
        opened.take()
    os.sched_yield()
