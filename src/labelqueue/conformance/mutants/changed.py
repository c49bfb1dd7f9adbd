"""What tells some mutants whether a file changed."""

from __future__ import annotations

from pathlib import Path


def version_of(path: Path) -> tuple[int, ...] | None:
    """Inode, size and time of change; `None` where there is no file."""
    found = path.stat() if path.exists() else None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if found else None
