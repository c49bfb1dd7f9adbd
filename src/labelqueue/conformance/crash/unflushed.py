"""Unflushed: what stands on no disk for certain after a flush has failed."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from labelqueue.conformance.crash.system_calls import FLUSHES

if TYPE_CHECKING:
    from pathlib import Path

    from labelqueue.conformance.crash.strace import Record
    from labelqueue.conformance.crash.system_calls import SystemCall

__all__ = ["unflushed"]


def unflushed(record: Record, hit: SystemCall, store: Path) -> str | None:
    """Name what was not flushed since that call failed: the content of the store, or its place in the folder.

    Nothing else counts: some libraries pass over what they cannot flush beside it.
    """
    if hit.name not in FLUSHES:
        return None
    place = record.calls.index(hit)
    path = re.findall(r"<([^>]*)>", hit.arguments)[0]
    earlier, later = record.calls[:place], record.calls[place + 1 :]
    if path == str(store.parent):
        names = {path}
        what = "the replacement of the store" if any(call.puts_in_place(store) for call in earlier) else None
    else:
        names = {path, str(store)}
        becomes = any(call.puts_in_place(store) and f'"{path}"' in call.arguments for call in later)
        # A file beside it that was flushed, and is still there, may hold the same: a write-ahead log does.
        beside = {str(file) for file in store.parent.glob("*")} - names
        is_kept = any(_flushes(call, beside) for call in earlier)
        what = "its content" if becomes or (path == str(store) and not is_kept) else None
        # The system forgets what it could not flush: a second flush is true only of what was written again.
        later = list(itertools.dropwhile(lambda call: not _writes(call, names), later))
    return None if any(_flushes(call, names) for call in later) else what


def _writes(call: SystemCall, names: set[str]) -> bool:
    return call.name.startswith(("write", "pwrite")) and any(f"<{name}>" in call.arguments for name in names)


def _flushes(call: SystemCall, names: set[str]) -> bool:
    if call.name in ("sync", "syncfs"):
        return True
    return call.name in FLUSHES and call.result == "0" and any(f"<{name}>" in call.arguments for name in names)
