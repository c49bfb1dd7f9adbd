"""`labelqueue new-adapter`: an adapter that works, to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line
from labelqueue.conformance.subjects.skeletons import COMMANDS, write_skeleton

__all__ = ["new_adapter"]


def new_adapter(
    language: Annotated[str, typer.Argument(metavar=f"[{'|'.join(COMMANDS)}]", help="The language.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or empty.")],
) -> None:
    """Write an adapter that works as it is, for you to put your queue into."""
    if language not in COMMANDS:
        raise typer.BadParameter(f"{language!r} is not one of {', '.join(COMMANDS)}", param_hint="LANGUAGE")
    with errors_in_one_line():
        write_skeleton(language, folder)
    console().print(f"wrote {folder}; see its README.md, then run there:", soft_wrap=True)
    console().print(f"labelqueue smoke -- {COMMANDS[language]}", soft_wrap=True)
