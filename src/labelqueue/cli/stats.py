"""The command `labelqueue stats`: how many requests of what kind, and two small plots."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from rich.bar import Bar
from rich.table import Table

from labelqueue.cli.queue_argument import JsonOption, QueueArgument, named, opened
from labelqueue.cli.screen import console, errors_in_one_line, indented, number_of, say_json, visible
from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

    from labelqueue.request import LabelRequest

__all__ = ["stats"]

_STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_MOST_ROWS: Final = 14
_BINS: Final = 10
_WIDEST_PLOT: Final = 60
_GROUPS: Final[dict[str, Callable[[LabelRequest], str]]] = {
    "user": lambda request: request.user_id,
    "reason": lambda request: request.reason,
    "day": lambda request: request.created_at.date().isoformat(),
}


class _Bin(NamedTuple):
    """How many confidences lie in one span.

    Attributes:
        low: The span's lowest value.
        high: Its end; it belongs to the next span, but in the last one.
        requests: How many.
    """

    low: float
    high: float
    requests: int


def stats(queue: QueueArgument, *, as_json: JsonOption = False) -> None:
    """Count the requests by user, reason, status and day."""
    with errors_in_one_line():
        # Counting does not ask, so whichever the cap is does not matter.
        requests = opened(queue, DEFAULT_LABEL_MAX_ASKS_PER_DAY).all_items
    counts = {name: _counted(requests, key) for name, key in _GROUPS.items()}
    known = [request.confidence for request in requests if request.confidence is not None]
    if as_json:
        say_json(
            {
                "queue": named(queue),
                "requests": len(requests),
                "status": {status: sum(r.status == status for r in requests) for status in _STATUSES},
                **{name: {key: dict(count) for key, count in group.items()} for name, group in counts.items()},
                "confidence": {
                    "unknown": len(requests) - len(known),
                    "bins": [each._asdict() for each in _bins(known)],
                },
            }
        )
        return
    screen = console()
    screen.print(number_of(len(requests), "request"))
    if requests:
        screen.print(_table(requests, counts))
        _plot_days(screen, counts["day"])
        _plot_confidences(screen, known, len(requests) - len(known))


def _counted(requests: Iterable[LabelRequest], key: Callable[[LabelRequest], str]) -> dict[str, Counter[Status]]:
    counts: dict[str, Counter[Status]] = {}
    for request in requests:
        counts.setdefault(key(request), Counter(dict.fromkeys(_STATUSES, 0)))[request.status] += 1
    return dict(sorted(counts.items()))


def _table(requests: Sequence[LabelRequest], counts: dict[str, dict[str, Counter[Status]]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for name in (*_STATUSES, "all"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, group in counts.items():
        table.add_row(f"by {name}", style="bold")
        for key, count in _latest(group) if name == "day" else _largest(group):
            words = key.replace("_", " ") if name == "reason" else visible(key)
            table.add_row(indented(words, 1), *(str(count[status]) for status in _STATUSES), str(count.total()))
        if len(group) > _MOST_ROWS:
            table.add_row(f" and {len(group) - _MOST_ROWS} more")
    total = Counter(request.status for request in requests)
    table.add_row("all", *(str(total[status]) for status in _STATUSES), str(len(requests)), style="bold")
    return table


def _latest(group: dict[str, Counter[Status]]) -> list[tuple[str, Counter[Status]]]:
    return list(group.items())[-_MOST_ROWS:]


def _largest(group: dict[str, Counter[Status]]) -> list[tuple[str, Counter[Status]]]:
    return sorted(group.items(), key=lambda each: -each[1].total())[:_MOST_ROWS]


def _plot_days(screen: Console, days: dict[str, Counter[Status]]) -> None:
    _plot(screen, "asks made per day (UTC)", [(day, count.total()) for day, count in _latest(days)])


def _plot_confidences(screen: Console, known: Sequence[float], unknown: int) -> None:
    rows = [(f"{each.low:.2g} to {each.high:.2g}", each.requests) for each in _bins(known)]
    _plot(screen, "confidence when enqueued", [*rows, *([("unknown", unknown)] if unknown else [])])


def _plot(screen: Console, title: str, rows: Sequence[tuple[str, int]]) -> None:
    table = Table(
        box=None, pad_edge=False, show_header=False, padding=(0, 1, 0, 0), width=min(screen.width, _WIDEST_PLOT)
    )
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    largest = max(count for _, count in rows)
    for name, count in rows:
        table.add_row(name, str(count), Bar(largest, 0, count))
    screen.print()
    screen.print(title, style="bold")
    screen.print(table)


def _bins(values: Sequence[float]) -> list[_Bin]:
    """Count in spans of 0.1 from 0 to 1, or in ten spans from the lowest to the highest."""
    if not values:
        return []
    low, high = min(0.0, *values), max(1.0, *values)
    # Halves, since the span of two floats may be no float.
    half = high / 2 - low / 2
    places = Counter(min(_BINS - 1, int((value / 2 - low / 2) / half * _BINS)) for value in values)
    edges = [low * (1 - place / _BINS) + high * (place / _BINS) for place in range(_BINS + 1)]
    return [_Bin(edges[place], edges[place + 1], places[place]) for place in range(_BINS)]
