"""The errors with which a system call may fail that changes something on the disk, and what no disk does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelqueue.conformance.tracing.points import Point
    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = ["errors_of", "is_half_open"]

_PATH: Final = re.compile(r'"([^"]*)", O_')

_SPACE: Final = ("ENOSPC",)
_ERRORS: Final[dict[str, tuple[str, ...]]] = {
    "open": ("EACCES", "ENOSPC"),
    "openat": ("EACCES", "ENOSPC"),
    "rename": ("EACCES", "EBUSY"),
    "renameat": ("EACCES", "EBUSY"),
    "renameat2": ("EACCES", "EBUSY"),
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "write": ("ENOSPC", "EINTR"),
    "chmod": ("EPERM",),
    "fchmod": ("EPERM",),
    "mkdir": ("EACCES",),
    "mkdirat": ("EACCES",),
    "unlink": ("EACCES",),
    "unlinkat": ("EACCES",),
}


def errors_of(point: Point) -> tuple[str, ...]:
    """Name the errors with which a system call is made to fail, the likeliest first."""
    return _ERRORS.get(point.name, _SPACE)


def is_half_open(calls: Sequence[SystemCall], failed: SystemCall) -> bool:
    """Whether a file that could not be opened was opened for reading alone right behind that.

    One that exists has no need of space, and whoever may not write it may not a moment later
    either.  SQLite opens it so, and this connection can never write again.

    Args:
        calls: The system calls of a call.
        failed: One of them, which was made to fail.
    """
    path = _PATH.search(failed.arguments)
    if path is None:
        return False
    behind = calls[calls.index(failed) + 1 :]
    return any(
        call.name.startswith("open")
        and f'"{path[1]}", O_RDONLY' in call.arguments
        and "O_DIRECTORY" not in call.arguments
        and not call.result.startswith("-")
        for call in behind
    )
