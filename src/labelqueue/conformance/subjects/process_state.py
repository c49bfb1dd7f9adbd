"""The state of a process or a thread, as Linux tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["state_in"]


def state_in(stat: Path) -> str:
    """Return the letter of the state, such as `S` of one that sleeps.

    Args:
        stat: The file `stat` of the process or the thread below `/proc`.

    Raises:
        OSError: It is gone.
    """
    # The name of the program stands in brackets before the state, and may hold anything.
    return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
