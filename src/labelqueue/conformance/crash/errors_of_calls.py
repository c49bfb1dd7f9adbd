"""The errors with which a system call may fail that changes something on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from labelqueue.conformance.tracing.system_calls import Point

__all__ = ["errors_of"]

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
