"""The export: cases, schemas, requirements and index, for people who write a runner of their own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.cases import DATA
from labelqueue.errors import LabelQueueError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NotEmptyError", "copy_into", "export"]

_WHAT: Final = ("README.md", "index.json", "requirements.json", "cases", "schema")


class NotEmptyError(LabelQueueError):
    """A folder that is to be written holds something already.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: str) -> None:
        """Keep the folder."""
        self.folder = folder
        super().__init__(folder)

    def __str__(self) -> str:
        """Say so."""
        return f"{self.folder}: is there already and not an empty folder; name another, nothing was written"


def export(folder: Path) -> None:
    """Write what a runner needs.

    Args:
        folder: A folder that is not there yet, or empty.

    Raises:
        NotEmptyError: It is neither.
    """
    copy_into(folder, [DATA / name for name in _WHAT])


def copy_into(folder: Path, sources: list[Path]) -> None:
    """Copy files and folders into a new folder; raises as `export`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotEmptyError(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder / source.name)
        else:
            shutil.copy2(source, folder)
