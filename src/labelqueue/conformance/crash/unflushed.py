"""Unflushed: what stands on no disk for certain after a flush has failed, or another way was taken."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.tracing.system_calls import FLUSHES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from labelqueue.conformance.tracing.strace import Record
    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = ["A_MOVE", "unflushed", "written_alone"]

A_MOVE: Final = "a replacement in it"
"""What a store of many files may have lost, unless a log among them brings it back."""


def unflushed(record: Record, hit: SystemCall, store: Path) -> str | None:
    """Name what was not flushed since that call failed: the content of the store, or its place in the folder.

    Nothing else counts: some libraries pass over what they cannot flush beside it.  A call that
    was only interrupted did what it was to do.
    """
    if not hit.result.startswith("-"):
        return None
    place = record.calls.index(hit)
    earlier, later = record.calls[:place], record.calls[place + 1 :]
    if hit.name in ("open", "openat"):
        # The folder was opened to be flushed, or for something else: it is flushed afterwards, or not.
        is_replaced = _is_replaced(store, earlier) and f'"{store.parent}"' in hit.arguments
        names, what = {str(store.parent)}, "the replacement of the store" if is_replaced else None
    elif hit.name in FLUSHES:
        path = re.findall(r"<([^>]*)>", hit.arguments)[0]
        names = {path}
        if path == str(store.parent):
            what = "the replacement of the store" if _is_replaced(store, earlier) else None
        elif path == str(store) and store.is_dir():
            what = A_MOVE if _moves_into(path, earlier) else None
        else:
            names |= {str(store)}
            what = _unflushed_content(path, earlier, later, store)
            # The system forgets what it could not flush: a second flush is true only of what was written again.
            later = list(itertools.dropwhile(lambda call: not _writes(call, names), later))
    else:
        return None
    return None if any(_flushes(call, names) for call in later) else what


def written_alone(calls: Sequence[SystemCall], store: Path) -> str | None:
    """Name what was written into the file of the store itself, and not flushed afterwards."""
    names = {str(store)}
    if any(f'"{store}"' in call.arguments and re.search("O_D?SYNC", call.arguments) for call in calls):
        return None
    last = next((place for place, call in reversed(list(enumerate(calls))) if _writes(call, names)), None)
    if last is None or any(_flushes(call, names) for call in calls[last:]) or _is_beside(str(store), calls, store):
        return None
    return "what it wrote into the store"


def _unflushed_content(
    path: str, earlier: Sequence[SystemCall], later: Sequence[SystemCall], store: Path
) -> str | None:
    becomes = any(call.puts_in_place(store) and f'"{path}"' in call.arguments for call in later)
    return "its content" if becomes or (path == str(store) and not _is_beside(path, earlier, store)) else None


def _is_beside(path: str, calls: Sequence[SystemCall], store: Path) -> bool:
    """Whether a file beside it that was flushed, and is still there, may hold the same: a write-ahead log does."""
    beside = {str(file) for file in store.parent.glob("*")} - {path, str(store)}
    return any(_flushes(call, beside) for call in calls)


def _is_replaced(store: Path, calls: Sequence[SystemCall]) -> bool:
    """Whether another file took the store's place, and not one that only is shorter: the change was flushed before."""
    names = {str(store)}
    before = list(itertools.takewhile(lambda call: not call.puts_in_place(store), calls))
    written = itertools.dropwhile(lambda call: not _writes(call, names), before)
    return len(before) < len(calls) and not any(_flushes(call, names) for call in written)


def _moves_into(folder: str, calls: Sequence[SystemCall]) -> bool:
    """Whether a file was moved to a place in a folder since that was flushed."""
    since = list(itertools.takewhile(lambda call: not _flushes(call, {folder}), reversed(calls)))
    return any(call.name.startswith("rename") and f'"{folder}/' in call.arguments for call in since)


def _writes(call: SystemCall, names: set[str]) -> bool:
    is_kind = call.name.startswith(("write", "pwrite", "copy_file_range", "sendfile"))
    return is_kind and not call.result.startswith("-") and any(f"<{name}>" in call.arguments for name in names)


def _flushes(call: SystemCall, names: set[str]) -> bool:
    if call.name in ("sync", "syncfs"):
        return True
    return call.name in FLUSHES and call.result == "0" and any(f"<{name}>" in call.arguments for name in names)
