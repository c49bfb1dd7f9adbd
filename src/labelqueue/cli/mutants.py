"""`labelqueue mutants`: show on the spot which faults the kit finds."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated

import typer

from labelqueue.cli.screen import console, progress_bar
from labelqueue.conformance.mutants import MUTANTS, kills
from labelqueue.conformance.verdict import EXIT_STATUS

__all__ = ["mutants"]


def mutants(
    only: Annotated[str, typer.Option(metavar="GLOB", help="Show mutants of these names or requirements alone.")] = "*",
) -> None:
    """Show that the kit finds faults: every mutant, and the requirement that kills it."""
    shown = [m for m in MUTANTS.values() if fnmatchcase(m.id, only) or fnmatchcase(m.requirement, only)]
    if not shown:
        raise typer.BadParameter(f"{only!r} is no mutant and no requirement", param_hint="--only")
    alive = []
    screen = console()
    with progress_bar() as bar:
        for mutant in bar.track(shown, description="mutants"):
            killers = kills(mutant)
            if mutant.requirement not in killers:
                alive.append(mutant.id)
            status = "killed by" if mutant.requirement in killers else "NOT KILLED by"
            screen.print(f"{mutant.id:<40} {status} {mutant.requirement:<8} {mutant.mistake}", soft_wrap=True)
    screen.print(f"{len(shown) - len(alive)} of {len(shown)} mutants killed by the requirement that they violate")
    raise typer.Exit(EXIT_STATUS["not conformant" if alive else "conformant"])
