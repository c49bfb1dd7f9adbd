"""`labelqueue list`: every requirement in a line."""

from __future__ import annotations

import builtins
from typing import Annotated

import typer
from rich.text import Text

from labelqueue.cli.screen import console
from labelqueue.spec import PROFILES, REQUIREMENTS

__all__ = ["list"]


def list(  # noqa: A001 - the command's name
    profile: Annotated[
        builtins.list[str] | None, typer.Option(help="Those of this profile alone; may be repeated.")
    ] = None,
) -> None:
    """List the requirements: id, profile and sentence."""
    for name in profile or ():
        if name not in PROFILES:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(PROFILES)}", param_hint="--profile")
    screen = console()
    for requirement in REQUIREMENTS.values():
        if not profile or requirement.profile in profile:
            line = Text(f"{requirement.id:<9}", style="bold").append(f"{requirement.profile:<8}", style="not bold dim")
            screen.print(line.append(requirement.sentence, style="not bold"), soft_wrap=True)
