"""`labelqueue smoke`: the first few words with a program, all of them shown."""

from __future__ import annotations

import typer
from rich.text import Text

from labelqueue.cli.screen import USAGE, console, errors_in_one_line, fail
from labelqueue.cli.subject_argument import command_of
from labelqueue.conformance.reports.verdict import EXIT_STATUS
from labelqueue.conformance.subjects.smoke import Said, smoked

__all__ = ["smoke"]

_STYLES = {"kit": "cyan", "program": "default", "wrong": "bold red", "mend": "yellow", "stderr": "dim"}
_MARKS = {"kit": "→ ", "program": "← ", "wrong": "✗ ", "mend": "  ", "stderr": "! "}


def smoke(context: typer.Context) -> None:
    """Talk to a program for a few steps, and say what to change at the first thing wrong."""
    command = command_of(context)
    if command is None:
        fail("smoke needs the command of a program after --, such as: labelqueue smoke -- node adapter.mjs", USAGE)
    screen, is_wrong = console(), False

    def say(said: Said) -> None:
        screen.print(Text(_MARKS[said.who] + said.text, style=_STYLES[said.who]), soft_wrap=True)

    with errors_in_one_line():
        is_wrong = not smoked(command, say)
    raise typer.Exit(EXIT_STATUS["not conformant" if is_wrong else "conformant"])
