"""`labelqueue conform`: examine a queue against the specification.

Exit status: 0 conformant, 1 not conformant, 2 usage, 3 the subject could not be
started, 4 no verdict.
"""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line, progress_bar
from labelqueue.cli.subject_argument import SubjectArgument, chosen_subject, words_of
from labelqueue.conformance.console import rendered
from labelqueue.conformance.python_subject import CANONICAL
from labelqueue.conformance.runner import DEFAULT_SEED, run
from labelqueue.spec import PROFILES, REQUIREMENTS, Profile

__all__ = ["conform"]


def conform(
    context: typer.Context,
    subject: SubjectArgument = CANONICAL,
    profile: Annotated[
        list[str] | None, typer.Option(help="A profile to examine, beside core; all that are claimed, unless given.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Run these requirements or cases alone; gives no verdict.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="How many seconds a program may take for an answer.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The seed of the search.")] = DEFAULT_SEED,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.json and the failing cases here.")
    ] = None,
) -> None:
    """Examine a queue against the specification."""
    with errors_in_one_line():
        profiles = _profiles(profile) if profile else None
        with progress_bar() as bar, chosen_subject(context, subject, timeout_s=timeout) as examined:
            task = bar.add_task("starting", total=None)
            result = run(
                examined,
                profiles=profiles,
                only=only,
                seed=seed,
                timeout_s=timeout,
                progress=lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
            )
        failed = {name for name, found in result.requirements.items() if found.shortest is not None}
        if report is None and failed:
            report = Path(tempfile.mkdtemp(prefix="labelqueue-report-"))
        if report is not None:
            result.write(report)
        words = words_of(context, subject)
        replays = {
            name: shlex.join(["labelqueue", "replay", str(Path(report or "") / f"{name}.json"), *words])
            for name in failed
        }
        console().print(rendered(result, replays), crop=False)
    raise typer.Exit(result.exit_status)


def _profiles(names: list[str]) -> list[Profile]:
    known = [p for p in PROFILES if any(requirement.profile == p for requirement in REQUIREMENTS.values())]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}", param_hint="--profile")
    return [profile for profile in known if profile in names]
