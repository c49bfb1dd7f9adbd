"""What tells some mutants whether a file changed, and one that reads again only then; it is right as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labelqueue.conformance.models.durable import DurableQueue


def version_of(path: Path) -> tuple[int, ...] | None:
    """Inode, size and time of change; `None` where there is no file."""
    found = path.stat() if path.exists() else None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if found else None


class LooksWhenChanged(DurableQueue):
    """Reads again when the file looks changed."""

    seen: Any = ...

    def look(self) -> None:
        now = self.signature() if self.path.exists() else None
        if now != self.seen:
            super().look()
        self.seen = now

    def signature(self) -> Any:
        return version_of(self.path)
