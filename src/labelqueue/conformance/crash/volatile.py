"""Volatile files, links and folders: what they hold now, and what may be left of it when the power goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

__all__ = ["Entry", "VolatileFile", "VolatileFolder", "VolatileLink"]

_WRITTEN: Final = "written as it was"


@dataclass(eq=False)
class VolatileFile:
    """The content of a file.

    Attributes:
        data: What it is now.
        flushed: What it was when it was flushed last.
        is_cut: Whether it was cut since.
    """

    data: bytes = b""
    flushed: bytes = b""
    is_cut: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether everything was flushed."""
        return self.data == self.flushed

    def versions(self) -> dict[str, bytes]:
        """What its content may be, by what happened to it."""
        old, new = self.flushed, self.data
        found = {_WRITTEN: new}
        if not self.is_clean:
            # Of a file that was cut nothing need be left; else what is not written yet is as it was.
            rest = b"" if self.is_cut else old
            middle = (_first_difference(rest, new) + len(new)) // 2
            found |= {
                "without what was not flushed": old,
                "with a part of what was not flushed": new[:middle] + rest[middle:],
                "with zeros for what was not flushed": rest[: len(new)].ljust(len(new), b"\0"),
            }
        return found


@lru_cache(maxsize=64)  # a state of the platter is told in many ways
def _first_difference(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


@dataclass(eq=False)
class VolatileLink:
    """A symbolic link; as it never changes, it is whole wherever its name is there.

    Attributes:
        data: What it leads to.
    """

    data: Path

    def versions(self) -> dict[str, Path]:
        """What it may lead to, by what happened to it."""
        return {_WRITTEN: self.data}


@dataclass(eq=False)
class VolatileFolder:
    """The names in a folder, with what they stand for.

    Attributes:
        flushed: What they were when it was flushed last.
        changes: What was done to them since; each gives names an entry, or takes them away.
    """

    flushed: dict[str, Entry] = field(default_factory=dict)
    changes: list[dict[str, Entry | None]] = field(default_factory=list)

    def entry(self, name: str) -> Entry | None:
        """What a name stands for after all changes."""
        latest = next((change for change in reversed(self.changes) if name in change), self.flushed)
        return latest.get(name)

    def names(self, count: int | None = None) -> dict[str, Entry]:
        """The names after so many of the changes; after all of them, unless told otherwise."""
        names: dict[str, Entry | None] = dict(self.flushed)
        for change in self.changes[:count]:
            names |= change
        return {name: entry for name, entry in names.items() if entry is not None}


Entry = VolatileFile | VolatileLink | VolatileFolder
"""What a name stands for."""
