"""`labelqueue migrate`: move a queue between a file, SQLite and PostgreSQL.

Exit status: 0 everything was moved and found equal, 2 nothing was moved.
"""

from __future__ import annotations

from typing import Annotated

import typer

from labelqueue.cli.screen import USAGE, errors_in_one_line, fail, shown_progress

__all__ = ["migrate"]


def migrate(
    source: Annotated[str, typer.Argument(help="A queue file, or the URL of a database; it is left as it is.")],
    target: Annotated[str, typer.Argument(help="As well; it must hold no requests.")],
    source_name: Annotated[str, typer.Option(metavar="NAME", help="Which queue of the source database.")] = "default",
    target_name: Annotated[str, typer.Option(metavar="NAME", help="Which queue of the target database.")] = "default",
) -> None:
    """Move a queue between a file, SQLite and PostgreSQL, all or nothing, and check that it arrived."""
    try:
        from labelqueue.sql.migrate import migrate as move  # noqa: PLC0415 - needs the databases' libraries

        with errors_in_one_line(), shown_progress("counting") as progress:
            moved = move(source, target, source_name=source_name, target_name=target_name, progress=progress)
    except (OSError, ModuleNotFoundError) as error:
        fail(error, USAGE)
    typer.echo(f"{moved} requests moved; ids, order, times and states are equal on both sides.")
