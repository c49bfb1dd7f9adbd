"""The timeline: an illegal history made short, and drawn so that a person can read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from labelqueue.conformance.steps import neutral
from labelqueue.spec import Call, Event, History, Requirement, Seen

__all__ = ["lines_of", "shortened", "to_json"]

_MOST_COLUMNS: Final = 36
_MOST_PARTS: Final = 6


def shortened(history: History, requirement: Requirement) -> History:
    """Leave out what is not needed for the history to violate a requirement.

    What is left must be no less of a proof.  Where order is at stake (SHARE-3), only
    reads are left out: a history without a read is legal whenever one with it is.
    The other requirements speak of one call or of two, so that all others may go.

    Args:
        history: A history that violates the requirement.
        requirement: The requirement.
    """
    for event in history.events:
        if event.is_read or requirement.id != "SHARE-3":
            without = history.without(event)
            if requirement.judge(without):
                history = without
    return history


def to_json(history: History) -> tuple[dict[str, Any], ...]:
    """Write a history as JSON: `client`, `call`, `start`, `end` and `answer` of each call.

    Times are places in the order of all beginnings and ends, from 1.
    """
    moments = sorted({m for event in history.events for m in (event.start, event.end) if m is not None})
    place = {moment: number for number, moment in enumerate(moments, start=1)}
    names = _Names(history)
    return tuple(
        {
            "client": event.client,
            "call": names.call(event.call),
            "start": place[event.start],
            "end": None if event.end is None else place[event.end],
            "answer": names.answer(event),
        }
        for event in history.events
    )


def lines_of(history: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Draw a history, as `to_json` writes it, with a line per call.

    Yields:
        Lines such as `A  ├────┤       mark_done(request 1, skipped) → skipped`.
    """
    last = max((event["end"] or event["start"] for event in history), default=1)
    scale = min(1.0, _MOST_COLUMNS / last)
    clients = max((len(event["client"]) for event in history), default=1)
    for event in history:
        start = int(event["start"] * scale)
        end = int((event["end"] or last) * scale)
        bar = " " * start + "├" + "─" * max(0, end - start - 1) + ("┤" if event["end"] is not None else "…")
        yield f"{event['client']:<{clients}} {bar:<{int(last * scale) + 2}} {event['call']} → {event['answer']}"


class _Names:
    """What ids are called: by their places in the final state, which nobody has to look up."""

    def __init__(self, history: History) -> None:
        final = history.final if isinstance(history.final, tuple) else ()
        self._places = {request.request_id: number for number, request in enumerate(final)}

    def request(self, request_id: Any) -> str:  # noqa: ANN401 - whatever was asked for
        place = self._places.get(request_id)
        return f"request {place}" if place is not None else f"request {str(request_id)[:8]}, which is gone"

    def call(self, call: Call) -> str:
        if call.do == "mark_done":
            status = call.status if isinstance(call.status, str) else "labeled"
            return f"mark_done({self.request(call.request_id)}, {status})"
        if call.buckets:
            return f"{call.do}({_in_brief([f'{bucket.user_id} at {_hour(bucket.start)}' for bucket in call.buckets])})"
        return call.do

    def answer(self, event: Event) -> str:
        if event.refusal is not None:
            return event.refusal.message
        if event.end is None:
            return "never answered"
        if isinstance(event.result, Seen):
            return str(event.result.status)
        if isinstance(event.result, list):
            requests = [f"{self.request(r.request_id)} {r.status}" for r in event.result if isinstance(r, Seen)]
            return _in_brief(requests) or "nothing"
        return str(neutral(event.result))


def _in_brief(parts: Sequence[str]) -> str:
    """Join the first few, and say how many more there are."""
    more = len(parts) - _MOST_PARTS
    return ", ".join(parts if more <= 1 else (*parts[:_MOST_PARTS], f"and {more} more"))


def _hour(moment: datetime) -> str:
    return moment.strftime("%H:%M")
