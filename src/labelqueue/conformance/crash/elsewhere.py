"""Temporary files elsewhere: those of a queue that makes them in another folder than that of its store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = ["folders_of_temporaries", "take_away"]


def folders_of_temporaries(calls: Sequence[SystemCall], store: Path) -> set[Path]:
    """Name the folders, but for the store's own, out of which a call moved files to the place of the store.

    Args:
        calls: What a process did during a whole call.
        store: The store.
    """
    moved = (path for call in calls if call.puts_in_place(store) for path in _paths_of(call))
    return {path.parent for path in moved if path.parent != store.parent and path.parts[1] != "proc"}


def take_away(folders: Collection[Path], calls: Sequence[SystemCall]) -> tuple[str, ...]:
    """Remove the files that were made in some folders and are still there, but for locks; returns their paths."""
    made = {path for call in calls if call.makes_a_file for path in _paths_of(call) if path.parent in folders}
    left = sorted(path for path in made if path.suffix != ".lock" and path.is_file())
    for path in left:
        path.unlink()
    return tuple(map(str, left))


def _paths_of(call: SystemCall) -> list[Path]:
    return [Path(path) for path in re.findall(r'"(/[^"]*)"', call.arguments)]
