"""Memory: how much a process grows by opening a queue, in a process of its own.

`python -m labelqueue.bench.memory SUBJECT PATH` prints the bytes.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from labelqueue.conformance.subjects.python_subject import subject_named

__all__ = ["grown_by_opening"]

_STATUS: Final = Path("/proc/self/statm")


def grown_by_opening(subject: str, path: Path) -> int | None:
    """Open a queue in a new process, and say by how many bytes that has grown.

    Args:
        subject: Its name, `package.module:Name`.
        path: The store.

    Returns:
        What is resident after less what was before; `None` where the system does not tell.
    """
    if not _STATUS.exists():
        return None
    command = [sys.executable, "-m", __name__, subject, str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own
    return int(done.stdout)


def _resident() -> int:
    gc.collect()
    return int(_STATUS.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Print how much opening takes."""
    sys.path.insert(0, "")  # a subject may be a file in this folder
    make = subject_named(sys.argv[1]).make
    before = _resident()
    queue = make(Path(sys.argv[2]), 20)
    print(_resident() - before)  # noqa: T201 - the answer
    del queue


if __name__ == "__main__":
    main()
