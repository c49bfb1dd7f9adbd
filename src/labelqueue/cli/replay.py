"""`labelqueue replay`: take a queue through one case again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line
from labelqueue.cli.subject_argument import SubjectArgument, chosen_subject
from labelqueue.conformance.cases import load_case
from labelqueue.conformance.replay import replayed
from labelqueue.conformance.reports.verdict import EXIT_STATUS
from labelqueue.conformance.subjects.python_subject import CANONICAL

__all__ = ["replay"]


def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A case, such as one that a failing run wrote.")],
    subject: SubjectArgument = CANONICAL,
) -> None:
    """Take a queue through one case again, and show every step."""
    with errors_in_one_line():
        case = load_case(file)
        with chosen_subject(context, subject) as examined:
            holds, text = replayed(case, examined)
        console().print(text)
    raise typer.Exit(EXIT_STATUS["conformant" if holds else "not conformant"])
