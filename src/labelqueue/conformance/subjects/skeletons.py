"""The skeletons: adapters that work as they are, to be filled with somebody's queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labelqueue.conformance.cases import DATA
from labelqueue.conformance.published.export import copy_into

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COMMANDS", "write_skeleton"]

COMMANDS: Final = {
    "python": "python3 adapter.py",
    "node": "node adapter.mjs",
    "go": "./adapter",
    "rust": "./adapter",
    "java": "java -cp classes Adapter",
    "shell": "bash adapter.sh",
}
"""What starts each skeleton, from its folder, by language."""


def write_skeleton(language: str, folder: Path) -> None:
    """Write the adapter of a language and its README.

    Args:
        language: One of `COMMANDS`.
        folder: A folder that is not there yet, or empty.

    Raises:
        NotEmptyError: It is neither.
    """
    copy_into(folder, sorted((DATA / "adapters" / "skeletons" / language).iterdir()))
