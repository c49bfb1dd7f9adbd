"""The state of a process or a thread, as Linux tells it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["has_thread", "state_in"]


def has_thread(pid: int, thread: int) -> bool:
    """Whether a process has a thread of that id."""
    return Path(f"/proc/{pid}/task/{thread}").exists()


def state_in(stat: Path) -> str:
    """Return the letter of the state, such as `S` of one that sleeps.

    Args:
        stat: The file `stat` of the process or the thread below `/proc`.

    Raises:
        OSError: It is gone.
    """
    # The name of the program stands in brackets before the state, and may hold anything.
    return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
