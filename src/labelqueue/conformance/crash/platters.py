"""Platters: what lies on a real disk, read for the model, and what the model holds, laid out."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from labelqueue.conformance.crash.volatile_disk import Platter

__all__ = ["lay_out", "settled"]

_TIMES_READ: Final = 40
_PAUSE_S: Final = 0.02


def settled(live: Path) -> Platter:
    """Read every file and link, once nothing is written any more: a program may write in the background."""
    last = None
    for _ in range(_TIMES_READ):
        paths = list(live.rglob("*"))
        there: Platter = {path: path.read_bytes() for path in paths if path.is_file() and not path.is_symlink()}
        there |= {path: path.readlink() for path in paths if path.is_symlink()}
        if there == last:
            break
        last = there
        time.sleep(_PAUSE_S)
    return there


def lay_out(platter: Platter, live: Path) -> None:
    """Put what was on the platter where it was: what is stored may name a path."""
    shutil.rmtree(live)
    live.mkdir()
    for path, content in platter.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.symlink_to(content)
