"""The command line: one module per command.

Examples:
    >>> from labelqueue.cli import app
    >>> sorted(command.callback.__name__ for command in app.registered_commands)
    ['check', 'conform', 'mutants', 'replay', 'serve', 'smoke']
"""

from __future__ import annotations

import typer

from labelqueue.cli.check import check
from labelqueue.cli.conform import conform
from labelqueue.cli.mutants import mutants
from labelqueue.cli.replay import replay
from labelqueue.cli.serve import serve
from labelqueue.cli.smoke import smoke
from labelqueue.cli.subject_argument import CommandAfterDashes

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The active labeling queue: its conformance kit, and tools for queue files.",
)

app.command(cls=CommandAfterDashes)(conform)
app.command(cls=CommandAfterDashes)(replay)
app.command(cls=CommandAfterDashes)(smoke)
app.command()(serve)
app.command()(mutants)
app.command()(check)
