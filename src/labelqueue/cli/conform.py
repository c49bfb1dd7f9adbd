"""`labelqueue conform`: examine a queue against the specification.

Exit status: 0 conformant, 1 not conformant, 2 usage, 3 the subject could not be
started, 4 no verdict.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line, progress_bar
from labelqueue.conformance.console import rendered
from labelqueue.conformance.run import DEFAULT_SEED, run
from labelqueue.conformance.subject import CANONICAL, subject_named
from labelqueue.spec import REQUIREMENTS, Profile

__all__ = ["SubjectArgument", "conform"]

SubjectArgument = Annotated[
    str, typer.Argument(metavar="[SUBJECT]", help="package.module:Name, called with (queue_path, max_asks_per_day).")
]


def conform(
    subject: SubjectArgument = CANONICAL,
    profile: Annotated[list[str] | None, typer.Option(help="A profile to examine; core always is.")] = None,
    only: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Run these requirements or cases alone; gives no verdict.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of the search.")] = DEFAULT_SEED,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.json and the failing cases here.")
    ] = None,
) -> None:
    """Examine a queue against the specification."""
    with errors_in_one_line():
        profiles = _profiles(profile or [])
        sys.path.insert(0, "")  # a subject may be a file in this folder
        with progress_bar() as bar:
            task = bar.add_task("starting", total=None)
            result = run(
                subject_named(subject),
                profiles=profiles,
                only=only,
                seed=seed,
                progress=lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
            )
        failed = {name for name, found in result.requirements.items() if found.shortest is not None}
        if report is None and failed:
            report = Path(tempfile.mkdtemp(prefix="labelqueue-report-"))
        if report is not None:
            result.write(report)
        replays = {name: _replay_command(Path(report or "") / f"{name}.json", subject) for name in failed}
        console().print(rendered(result, replays), crop=False)
    raise typer.Exit(result.exit_status)


def _profiles(names: list[str]) -> list[Profile]:
    known = sorted({requirement.profile for requirement in REQUIREMENTS.values()})
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}", param_hint="--profile")
    return [profile for profile in known if profile in names]


def _replay_command(file: Path, subject: str) -> str:
    return shlex.join(["labelqueue", "replay", str(file), *([subject] if subject != CANONICAL else [])])
