"""The state of a process or a thread, as Linux tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["has_thread", "is_asleep", "is_at_work", "is_stopped", "state_in"]

_STOPPED: Final = frozenset("tTZX")
_AT_WORK: Final = frozenset("RD")
_SLEEPS: Final = "S"


def has_thread(pid: int, thread: int) -> bool:
    """Whether a process has a thread of that id."""
    return Path(f"/proc/{pid}/task/{thread}").exists()


def is_stopped(pid: int) -> bool:
    """Whether every thread of a process is stopped, or has ended; its first one may be before the others."""
    states = _states(pid)
    return not Path(f"/proc/{pid}").exists() if states is None else set(states) <= _STOPPED


def is_at_work(pid: int) -> bool:
    """Whether a thread of a process runs, would like to, or waits for the disk: not for anything else."""
    states = _states(pid)
    # One has ended meanwhile: it works; or all have.
    return Path(f"/proc/{pid}").exists() if states is None else not _AT_WORK.isdisjoint(states)


def is_asleep(pid: int) -> bool:
    """Whether every thread of a process sleeps, or none is left."""
    states = _states(pid)
    return not Path(f"/proc/{pid}").exists() if states is None else set(states) <= {_SLEEPS}


def _states(pid: int) -> list[str] | None:
    """The states of all threads of a process; `None` where one has ended meanwhile, or all have."""
    try:
        return [state_in(task / "stat") for task in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return None


def state_in(stat: Path) -> str:
    """Return the letter of the state, such as `S` of one that sleeps.

    Args:
        stat: The file `stat` of the process or the thread below `/proc`.

    Raises:
        OSError: It is gone.
    """
    # The name of the program stands in brackets before the state, and may hold anything.
    return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
