"""What the further rules of the search build on."""

from __future__ import annotations

from typing import Any

__all__ = ["Rules"]


class Rules:
    """Rules that join those of the machine, which has what is named here.

    Attributes:
        users: The users of the program.
        is_python: Whether the subject is in Python, which tells 7.0 from 7.
    """

    users: tuple[str, ...]
    is_python: bool

    def take(self, step: dict[str, Any]) -> None:
        """Take a step; the machine does."""
        raise NotImplementedError
