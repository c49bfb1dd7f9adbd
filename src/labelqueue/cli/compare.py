"""`labelqueue compare`: what changed from one report to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from labelqueue.cli.screen import console, errors_in_one_line
from labelqueue.conformance.reports.comparison import compared
from labelqueue.conformance.reports.report import read_report
from labelqueue.conformance.reports.verdict import EXIT_STATUS

__all__ = ["compare"]

_STYLES = {"worse": "red", "better": "green", "other": "default"}


def compare(
    old: Annotated[Path, typer.Argument(help="The earlier report.json, or its folder.")],
    new: Annotated[Path, typer.Argument(help="The later one.")],
) -> None:
    """Show what changed between two reports; exits with 1 where something became worse."""
    with errors_in_one_line():
        comparison = compared(read_report(old), read_report(new))
    screen = console()
    for change in comparison.changes:
        words = f"{change.direction:<6} {change.what}: {change.old} → {change.new}"
        screen.print(Text(words, style=_STYLES[change.direction]), soft_wrap=True)
    if not comparison.changes:
        screen.print("nothing changed")
    raise typer.Exit(EXIT_STATUS["not conformant" if comparison.is_worse else "conformant"])
