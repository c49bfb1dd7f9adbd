"""The error of a file that the kit was given and cannot take: a case, a report, a list of known failures."""

from __future__ import annotations

from labelqueue.errors import LabelQueueError

__all__ = ["InvalidFileError"]


class InvalidFileError(LabelQueueError):
    """A file is not what it was handed in as.

    Attributes:
        file: The file.
        where: The place within it, or empty.
        rule: What is wrong.
    """

    def __init__(self, file: str, where: str, rule: str) -> None:
        """Keep the data."""
        self.file = file
        self.where = where
        self.rule = rule
        super().__init__(file, where, rule)

    def __str__(self) -> str:
        """Say where and what."""
        return f"{self.file} at {self.where or '/'}: {self.rule}"
