"""The command line: one module per command.

Examples:
    >>> from labelqueue.cli import app
    >>> sorted(command.callback.__name__ for command in app.registered_commands)
    ['check', 'conform', 'mutants', 'replay']
"""

from __future__ import annotations

import typer

from labelqueue.cli.check import check
from labelqueue.cli.conform import conform
from labelqueue.cli.mutants import mutants
from labelqueue.cli.replay import replay

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The active labeling queue: its conformance kit, and tools for queue files.",
)

for _command in (conform, replay, mutants, check):
    app.command()(_command)
