"""`labelqueue replay`: take a queue through one case again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.conform import SubjectArgument
from labelqueue.cli.screen import console, errors_in_one_line
from labelqueue.conformance.cases import load_case
from labelqueue.conformance.replay import replayed
from labelqueue.conformance.subject import CANONICAL, subject_named
from labelqueue.conformance.verdict import EXIT_STATUS

__all__ = ["replay"]


def replay(
    file: Annotated[Path, typer.Argument(help="A case, such as one that a failing run wrote.")],
    subject: SubjectArgument = CANONICAL,
) -> None:
    """Take a queue through one case again, and show every step."""
    with errors_in_one_line():
        sys.path.insert(0, "")
        holds, text = replayed(load_case(file), subject_named(subject))
        console().print(text)
    raise typer.Exit(EXIT_STATUS["conformant" if holds else "not conformant"])
