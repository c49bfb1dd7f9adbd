"""The timeline: calls that overlapped, as boxes in lanes.

Time runs down the page, one lane per client.  Only the order of beginnings and ends is
drawn, not how long a call took: which calls overlapped is what matters, and a call of
a microsecond beside one of a second can be read as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Box", "Timeline", "timeline"]

_LANE, _ROW, _HEAD, _GAP = 150, 20, 26, 6
_MOST_CHARACTERS: Final = 20


@dataclass(frozen=True)
class Box:
    """One call.

    Attributes:
        number: Its place in the order of beginnings, from 1.
        client: Who made it.
        call: What was called, in words.
        answer: What came back, in words.
        is_open: Whether it never returned.
        x: The left edge.
        y: The upper edge.
        width: In the same units.
        height: In the same units.
    """

    number: int
    client: str
    call: str
    answer: str
    is_open: bool
    x: float
    y: float
    width: float
    height: float

    @property
    def label(self) -> str:
        """What fits into the box."""
        text = f"{self.number} {self.call}"
        return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


@dataclass(frozen=True)
class Timeline:
    """Lanes and boxes.

    Attributes:
        lanes: Each client, and where the middle of its lane is.
        boxes: The calls, by their beginning.
        width: Of the whole.
        height: Of the whole.
    """

    lanes: tuple[tuple[str, float], ...]
    boxes: tuple[Box, ...]
    width: float
    height: float


def timeline(history: Sequence[Mapping[str, Any]]) -> Timeline:
    """Lay out a history.

    Args:
        history: Events as in a report: `client`, `call`, `start`, `end`, `answer`.

    Returns:
        The layout; two boxes share a row exactly when their calls overlapped.

    Examples:
        >>> one = {"client": "a", "call": "all_items()", "start": 0.0, "end": 2.0, "answer": "[]"}
        >>> two = {"client": "b", "call": "all_items()", "start": 1.0, "end": None, "answer": ""}
        >>> [(box.y, box.height) for box in timeline([two, one]).boxes]
        [(26, 34), (46, 34)]
    """
    events = sorted(history, key=lambda event: event["start"])
    clients = list(dict.fromkeys(event["client"] for event in events))
    rows = _rows(events)
    last = max([row for _, row in rows], default=0) + 1
    boxes = [
        Box(
            number=place + 1,
            client=event["client"],
            call=event["call"],
            answer=event["answer"],
            is_open=event["end"] is None,
            x=clients.index(event["client"]) * _LANE + _GAP,
            y=_HEAD + start * _ROW,
            width=_LANE - 2 * _GAP,
            height=(end - start + 1) * _ROW - _GAP,
        )
        for place, (event, (start, end)) in enumerate(zip(events, rows, strict=True))
    ]
    lanes = tuple((client, place * _LANE + _LANE / 2) for place, client in enumerate(clients))
    return Timeline(lanes, tuple(boxes), max(1, len(clients)) * _LANE, _HEAD + last * _ROW + _GAP)


def _rows(events: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Give every call its first and last row.

    A beginning that comes after an end starts a new row; beginnings in a row without an
    end between them have a row each, so that their order can be seen.  A call that never
    returned goes on to the end.
    """
    # At one moment beginnings come first: touching calls overlapped.
    moments = [(event["start"], 0, place) for place, event in enumerate(events)]
    moments += [(event["end"], 1, place) for place, event in enumerate(events) if event["end"] is not None]
    row, first, last = -1, dict[int, int](), dict[int, int]()
    for _, is_end, place in sorted(moments):
        if is_end:
            last[place] = row
        else:
            row += 1
            first[place] = row
    return [(first[place], last.get(place, row + 1)) for place in range(len(events))]
