"""`labelqueue mutants`: show on the spot which faults the kit finds; `mutants serve`: be one of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Annotated

import typer

from labelqueue.cli.screen import USAGE, console, errors_in_one_line, fail, progress_bar
from labelqueue.conformance.mutants import MUTANTS, Mutant
from labelqueue.conformance.mutants.adapters import ADAPTERS
from labelqueue.conformance.mutants.kills import is_forced, kills_by_cases, kills_by_force
from labelqueue.conformance.published.matrix import row_of
from labelqueue.conformance.reports.verdict import EXIT_STATUS
from labelqueue.conformance.subjects.serve import serve_here
from labelqueue.spec import PROFILES, REQUIREMENTS, Profile

__all__ = ["mutants"]

mutants = typer.Typer(invoke_without_command=True)

_QUICK: tuple[Profile, ...] = ("core", "input", "file")


@mutants.callback()
def show(
    context: typer.Context,
    only: Annotated[str, typer.Option(metavar="GLOB", help="Show mutants of these names or requirements alone.")] = "*",
    profile: Annotated[
        list[str] | None,
        typer.Option(help="Show mutants of this profile; may be given more than once. Else core, input and file."),
    ] = None,
) -> None:
    """Show that the kit finds faults: a table of mutants by the requirements that kill them.

    A mutant is a queue with one mistake. Those of durable and shared take seconds each.
    """
    if context.invoked_subcommand is not None:
        return
    unknown = [name for name in profile or () if name not in PROFILES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(PROFILES)}", param_hint="--profile")
    profiles = profile or (_QUICK if only == "*" else PROFILES)
    shown = [m for m in MUTANTS.values() if REQUIREMENTS[m.requirement].profile in profiles and _is_meant(m, only)]
    if not shown:
        raise typer.BadParameter(f"{only!r} is no mutant and no requirement", param_hint="--only")
    is_sound = _show(shown)
    raise typer.Exit(EXIT_STATUS["conformant" if is_sound else "not conformant"])


@mutants.command()
def serve(name: Annotated[str, typer.Argument(metavar="ID", help="A mutant, of a queue or of an adapter.")]) -> None:
    """Be a mutant that speaks the wire, for authors of runners."""
    with errors_in_one_line():
        if name in MUTANTS:
            serve_here(MUTANTS[name].address)
        elif name in ADAPTERS:
            # A queue that is right, so that nothing but the adapter is wrong.
            serve_here("labelqueue.conformance.models.durable:DurableQueue", ADAPTERS[name].answers)
        else:
            fail(f"{name!r} is no mutant; labelqueue mutants names them, and adapters are {', '.join(ADAPTERS)}", USAGE)
    sys.stdout.flush()


def _is_meant(mutant: Mutant, only: str) -> bool:
    return fnmatchcase(mutant.id, only.lower()) or fnmatchcase(mutant.requirement, only.upper())


def _show(shown: list[Mutant]) -> bool:
    screen = console()
    alive = 0
    with progress_bar() as bar:
        task = bar.add_task("mutants", total=len(shown))
        for area, group in groupby(sorted(shown, key=_place), key=lambda m: REQUIREMENTS[m.requirement].area):
            members = list(group)
            names = [name for name, requirement in REQUIREMENTS.items() if requirement.area == area]
            screen.print(f"{area:<6}{' ':38}{_row(name.partition('-')[2] for name in names)}", soft_wrap=True)
            for mutant in members:
                killers = kills_by_force(mutant) if is_forced(mutant) else kills_by_cases(mutant, spares_large=True)
                bar.advance(task)
                alive += mutant.requirement not in killers
                screen.print(
                    f"  {mutant.id:<42}{_row(row_of(mutant.requirement, killers, names))}  {mutant.mistake}",
                    soft_wrap=True,
                )
    screen.print("● killed by the requirement that it violates, ○ by another as well, ✗ NOT KILLED")
    screen.print(f"{len(shown) - alive} of {len(shown)} mutants killed by the requirement that they violate")
    return not alive


def _place(mutant: Mutant) -> int:
    return list(REQUIREMENTS).index(mutant.requirement)


def _row(cells: Iterable[str]) -> str:
    return "".join(f"{cell:>3}" for cell in cells)
