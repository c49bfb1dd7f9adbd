"""The command `labelqueue import-labels`: answers of another tool close their requests.

The file is read whole before anything is marked.  Requests that are done already
stay as they are, so the same file may be imported again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelqueue.cli.export_tasks import FormatOption
from labelqueue.cli.marking import NOT_THERE
from labelqueue.cli.queue_argument import JsonOption, QueueArgument, named, opened
from labelqueue.cli.screen import USAGE, console, errors_in_one_line, fail, number_of, say_json, visible
from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY
from labelqueue.exchange import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelqueue.contract import LabelingQueue
    from labelqueue.exchange import Format
    from labelqueue.exchange.task import Answer

__all__ = ["import_labels"]

_MOST_IDS_NAMED = 10


@dataclass(slots=True)
class _Outcome:
    """What became of the answers, each of which is in one of these."""

    marked: list[Answer] = field(default_factory=list)
    already_done: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    without_id: int = 0


def import_labels(
    queue: QueueArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the tool exported.", show_default=False)],
    tool: FormatOption,
    *,
    as_json: JsonOption = False,
) -> None:
    """Mark the requests done that were answered in another tool."""
    with errors_in_one_line():
        answers = _answers_in(file, FORMATS[tool])
        # Marking works beyond the cap (CAP-8), so whichever it is does not matter.
        instance = opened(queue, DEFAULT_LABEL_MAX_ASKS_PER_DAY)
        outcome = _Outcome()
        try:
            _import(instance, answers, outcome)
        except BaseException:
            marked = number_of(len(outcome.marked), "request")
            typer.echo(
                f"labelqueue: stopped after {marked} had been marked; the others are as they were, "
                "and the same command goes on with them",
                err=True,
            )
            raise
    if as_json:
        say_json(_as_json(queue, outcome))
    else:
        _print(outcome)
    raise typer.Exit(NOT_THERE if outcome.unknown or outcome.without_id else 0)


def _answers_in(file: Path, tool: Format) -> list[Answer]:
    try:
        return tool.answers_in(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        fail(f"{file}: {error}; nothing was marked", USAGE)


def _import(queue: LabelingQueue, answers: Sequence[Answer], outcome: _Outcome) -> None:
    status_of = {request.request_id: request.status for request in queue.all_items}
    for answer in answers:
        if answer.request_id is None:
            outcome.without_id += 1
        elif answer.request_id not in status_of:
            outcome.unknown.append(answer.request_id)
        elif answer.status is None:
            outcome.unanswered.append(answer.request_id)
        elif status_of[answer.request_id] != "pending":
            outcome.already_done.append(answer.request_id)
        else:
            queue.mark_done(answer.request_id, answer.status)
            status_of[answer.request_id] = answer.status
            outcome.marked.append(answer)


def _as_json(queue: str, outcome: _Outcome) -> dict[str, Any]:
    return {
        "queue": named(queue),
        "marked": [answer._asdict() for answer in outcome.marked],
        "already_done": outcome.already_done,
        "unanswered": outcome.unanswered,
        "unknown": outcome.unknown,
        "without_id": outcome.without_id,
    }


def _print(outcome: _Outcome) -> None:
    screen = console()
    labeled = sum(answer.status == "labeled" for answer in outcome.marked)
    screen.print(f"marked labeled: {labeled}")
    screen.print(f"marked skipped: {len(outcome.marked) - labeled}")
    others = {
        "done already, left as they are": len(outcome.already_done),
        "not answered yet": len(outcome.unanswered),
        "without a request id": outcome.without_id,
        "not in this queue": len(outcome.unknown),
    }
    for what, count in others.items():
        if count:
            screen.print(f"{what}: {count}")
    for request_id in outcome.unknown[:_MOST_IDS_NAMED]:
        screen.print(f"  {visible(request_id)}")
    if len(outcome.unknown) > _MOST_IDS_NAMED:
        screen.print(f"  and {len(outcome.unknown) - _MOST_IDS_NAMED} more")
