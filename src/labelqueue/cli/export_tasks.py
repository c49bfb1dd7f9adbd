"""The command `labelqueue export-tasks`: what may be asked now, as tasks of another tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.queue_argument import CapOption, JsonOption, LimitOption, QueueArgument, UserOption, named, opened
from labelqueue.cli.screen import USAGE, errors_in_one_line, fail, number_of, visible
from labelqueue.cli.show import explanation_as_json
from labelqueue.contract import DEFAULT_LABEL_MAX_ASKS_PER_DAY
from labelqueue.exchange import FORMATS, Tool
from labelqueue.explanation import explain_pending

__all__ = ["FormatOption", "export_tasks"]

FormatOption = Annotated[Tool, typer.Option("--format", help="The tool whose format it is.", show_default=False)]


def export_tasks(
    queue: QueueArgument,
    tool: FormatOption,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a new file, instead of standard output.")
    ] = None,
    user: UserOption = None,
    limit: LimitOption = None,
    max_asks_per_day: CapOption = DEFAULT_LABEL_MAX_ASKS_PER_DAY,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write what may be asked now as tasks for another tool."""
    with errors_in_one_line():
        instance = opened(queue, max_asks_per_day)
        explanation = explain_pending(instance, user, limit, max_asks_per_day=max_asks_per_day)
        requests = instance.get_pending(user, limit)
        text = FORMATS[tool].text_from(requests)
        if out is None:
            typer.echo(text, nl=False)
        else:
            _write_new(out, text)
    told = {"queue": named(queue), "tasks": len(requests), "explanation": explanation_as_json(explanation)}
    # Standard output holds the tasks and nothing else, unless they have a file of their own.
    typer.echo(
        json.dumps(told, indent=2) if as_json else f"{number_of(len(requests), 'task')}; {visible(str(explanation))}",
        err=out is None,
    )


def _write_new(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        fail(f"{out}: exists already, and may hold answers; name a new file", USAGE)
