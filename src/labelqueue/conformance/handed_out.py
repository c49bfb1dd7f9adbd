"""What was handed out: the lists that came back, of which a caller does what it likes, and a queue nothing."""

from __future__ import annotations

from collections import deque
from operator import is_
from typing import Any, Final

__all__ = ["HandedOut"]

_RUBBISH: Final = "spoiled by the caller"
_MOST: Final = 16


class HandedOut:
    """The lists that one queue handed out last, in this process or by the wire."""

    def __init__(self) -> None:
        """Begin with none."""
        self._held: deque[tuple[list[Any], list[Any]]] = deque(maxlen=_MOST)

    def hold(self, raw: Any) -> None:  # noqa: ANN401 - anything the subject returned
        """Keep a list as it came."""
        if isinstance(raw, list):
            self._held.append((raw, list(raw)))

    def spoil(self, raw: Any) -> None:  # noqa: ANN401 - anything the subject returned
        """Empty a list, fill it with rubbish and keep it."""
        if isinstance(raw, list):
            raw[:] = [_RUBBISH]
        self.hold(raw)

    @property
    def is_changed(self) -> bool:
        """Whether one of them holds something else than its caller left in it; requests themselves may live."""
        return any(len(raw) != len(kept) or not all(map(is_, raw, kept)) for raw, kept in self._held)
