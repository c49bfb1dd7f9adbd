"""`labelqueue explain`: what a requirement or a case says, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line
from labelqueue.conformance.reports.explanation import explained

__all__ = ["explain"]


def explain(
    name: Annotated[str, typer.Argument(metavar="ID", help="A requirement, such as CAP-3, or a case.")],
) -> None:
    """Explain a requirement or a case."""
    with errors_in_one_line():
        console().print(explained(name))
