"""The command `labelqueue show`: who is to be asked about what now, and why not more."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table

from labelqueue.cli.queue_argument import CapOption, JsonOption, LimitOption, QueueArgument, UserOption, named, opened
from labelqueue.cli.request_text import confidence, length_of_short_ids, predicted, when, why
from labelqueue.cli.screen import console, errors_in_one_line, indented, say_json, visible
from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY
from labelqueue.explanation import PendingExplanation, explain_pending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from labelqueue.request import LabelRequest

__all__ = ["explanation_as_json", "show"]

_ANY_WIDTH = 10_000


def show(
    queue: QueueArgument,
    user: UserOption = None,
    limit: LimitOption = None,
    max_asks_per_day: CapOption = DEFAULT_LABEL_MAX_ASKS_PER_DAY,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show whom to ask about what now, and why not more."""
    with errors_in_one_line():
        instance = opened(queue, max_asks_per_day)
        explanation = explain_pending(instance, user, limit, max_asks_per_day=max_asks_per_day)
        requests = instance.get_pending(user, limit)
        if as_json:
            say_json(
                {
                    "queue": named(queue),
                    "requests": [request.model_dump(mode="json") for request in requests],
                    "explanation": explanation_as_json(explanation),
                }
            )
            return
        id_length = length_of_short_ids(request.request_id for request in instance.all_items)
    screen = console()
    if requests:
        _print_requests(screen, requests, id_length)
        screen.print()
    screen.print(visible(str(explanation)))
    screen.print(
        f"cap {explanation.cap}, used today {explanation.used_today}, remaining {explanation.remaining}, "
        f"whole again {_whole_again(explanation)}"
    )


def explanation_as_json(explanation: PendingExplanation) -> dict[str, Any]:
    """Return an explanation as JSON can say it."""
    moment = explanation.whole_again_at
    return asdict(explanation) | {"whole_again_at": moment and f"{moment:%Y-%m-%dT%H:%M:%SZ}"}


def _whole_again(explanation: PendingExplanation) -> str:
    moment = explanation.whole_again_at
    return "now" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _print_requests(screen: Console, requests: Sequence[LabelRequest], id_length: int) -> None:
    table = _table(requests, id_length)
    if screen.measure(table, options=screen.options.update(width=_ANY_WIDTH)).maximum <= screen.width:
        screen.print(table)
        return
    for request in requests:
        screen.print(f"{visible(request.request_id[:id_length])}  {visible(request.user_id)}")
        screen.print(indented(f"{when(request)} UTC"))
        screen.print(indented(f"{why(request)}, {predicted(request)} {confidence(request)}"))


def _table(requests: Sequence[LabelRequest], id_length: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "who", "when (UTC)", "why", "predicted", "confidence"):
        table.add_column(name, justify="right" if name == "confidence" else "left", no_wrap=True)
    for request in requests:
        table.add_row(
            visible(request.request_id[:id_length]),
            visible(request.user_id),
            when(request),
            why(request),
            predicted(request),
            confidence(request),
        )
    return table
