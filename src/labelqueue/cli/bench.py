"""`labelqueue bench`: measure queues side by side.

Exit status: 0 measured; 2 usage; 3 a subject could not be started or measured.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from labelqueue.bench.measuring import DEFAULT_SECONDS, DEFAULT_SIZES, measure
from labelqueue.bench.picture import picture as drawn
from labelqueue.bench.subject import BenchSubject, bench_program, bench_subject
from labelqueue.bench.table import rendered
from labelqueue.cli.screen import console, errors_in_one_line, must_have_folders, shown_progress
from labelqueue.cli.subject_argument import command_of
from labelqueue.conformance.subjects.python_subject import CANONICAL

__all__ = ["bench"]


def bench(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUBJECT... | -- COMMAND...]",
            help="package.module:Name, called with (queue_path, max_asks_per_day); a database URL; "
            "and a program, after --. The canonical queue, unless given.",
        ),
    ] = None,
    *,
    sizes: Annotated[str, typer.Option(metavar="N,N...", help="How many requests the queues hold.")] = ",".join(
        map(str, DEFAULT_SIZES)
    ),
    seconds: Annotated[
        float, typer.Option(help="How long a subject may take for one operation at one size.")
    ] = DEFAULT_SECONDS,
    baseline: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="What ratios refer to; the first subject, unless given.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the queues are made, which says which disk is measured."),
    ] = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the figures here, as SVG.")] = None,
) -> None:
    """Measure queues side by side, in turns: medians, and ratios to the first."""
    numbers = _numbers_in(sizes)
    with errors_in_one_line(), ExitStack() as stack:
        must_have_folders(as_json, picture)
        sys.path.insert(0, "")  # a subject may be a file in this folder
        measured = []
        for each in _chosen(context, subjects or [], seconds):
            stack.callback(each.stop)
            measured.append(each)
        names = [each.facts.name for each in measured]
        if baseline is not None and baseline not in names:
            raise typer.BadParameter(f"{baseline!r} is not one of {', '.join(names)}", param_hint="--baseline")
        with shown_progress() as progress:
            result = measure(
                measured, sizes=numbers, seconds=seconds, baseline=baseline, folder=folder, progress=progress
            )
        console().print(rendered(result), crop=False)
        if as_json is not None:
            as_json.write_text(json.dumps(result.to_json(), indent=2) + "\n", encoding="utf-8")
        if picture is not None:
            picture.write_text(drawn(result), encoding="utf-8")


def _chosen(context: typer.Context, names: list[str], seconds: float) -> list[BenchSubject]:
    command = command_of(context)
    found = [bench_subject(name) for name in names]
    if command is not None:
        found.append(bench_program(command, timeout_s=3 * seconds))
    return found or [bench_subject(CANONICAL)]


def _numbers_in(text: str) -> list[int]:
    try:
        numbers = sorted({int(each.replace("_", "")) for each in text.split(",")})
    except ValueError:
        numbers = []
    if not numbers or numbers[0] < 1:
        raise typer.BadParameter(f"{text!r} is no list such as 1000,10000", param_hint="--sizes")
    return numbers
