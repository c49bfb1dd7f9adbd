"""Progress: how long work tells how far it is, to a bar on the screen say."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "unheard"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def unheard(_what: str, _done: int, _total: int) -> None:
    """Hear of progress, and show nothing.

    Examples:
        >>> unheard("cases", 1, 300)
    """
