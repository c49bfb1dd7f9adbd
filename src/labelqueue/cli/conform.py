"""`labelqueue conform`: examine a queue against the specification.

Exit status: 0 conformant, or not conformant as known; 1 not conformant, or the list
of known failures is wrong; 2 usage; 3 the subject could not be started; 4 no verdict.
"""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line, must_have_folders, shown_progress
from labelqueue.cli.subject_argument import SubjectArgument, chosen_subject, words_of
from labelqueue.conformance.reports.console import rendered
from labelqueue.conformance.reports.known import known_in, read_known
from labelqueue.conformance.reports.renderers import write_renderings
from labelqueue.conformance.reports.report import Report
from labelqueue.conformance.runner import DEFAULT_SEED, run
from labelqueue.conformance.search import nothing_kept
from labelqueue.conformance.subjects.python_subject import CANONICAL
from labelqueue.spec import PROFILES, REQUIREMENTS, Profile

__all__ = ["conform"]

_THOROUGH = 10


def conform(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    subject: SubjectArgument = CANONICAL,
    *,
    profile: Annotated[
        list[str] | None, typer.Option(help="A profile to examine, beside core; all that are claimed, unless given.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Run these requirements or cases alone; gives no verdict.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="How many seconds an answer may take.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The seed of the search.")] = DEFAULT_SEED,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Try ten times as much of what is left to chance.")
    ] = False,
    exitfirst: Annotated[
        bool, typer.Option("--exitfirst", "-x", help="End soon after the first failure that is not known.")
    ] = False,
    known: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Known failures, as TOML: [ID] and its reason.")
    ] = None,
    write_known: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what fails here, to be given reasons.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.json, its renderings and the failing cases here.")
    ] = None,
) -> None:
    """Examine a queue against the specification."""
    if write_known is not None and (only or exitfirst):
        raise typer.BadParameter("needs a whole run, without --only and --exitfirst", param_hint="--write-known")
    with errors_in_one_line():
        must_have_folders(write_known)
        old = known or (write_known if write_known is not None and write_known.exists() else None)
        reasons = {} if old is None else read_known(old)
        profiles = _profiles(profile) if profile else None
        with (
            nothing_kept(),
            shown_progress() as progress,
            chosen_subject(context, subject, timeout_s=timeout) as examined,
        ):
            result = run(
                examined,
                profiles=profiles,
                only=only or None,
                seed=seed,
                times=_THOROUGH if thorough else 1,
                timeout_s=timeout,
                known=reasons,
                until_first=exitfirst,
                progress=progress,
            )
        if report is None and any(found.shortest for found in result.requirements.values()):
            report = Path(tempfile.mkdtemp(prefix="labelqueue-report-"))
        if report is not None:
            result.write(report)
            write_renderings(result, report)
        console().print(rendered(result, _replays(result, report or Path(), words_of(context, subject))), crop=False)
        if write_known is not None:
            write_known.write_text(known_in(result, reasons), encoding="utf-8")
            console().print(f"wrote {write_known}; give every entry a reason, then use it with --known", soft_wrap=True)
    raise typer.Exit(result.exit_status)


def _replays(result: Report, folder: Path, words: list[str]) -> dict[str, str]:
    """Say how each failure is seen again; what no steps alone bring about needs another run."""
    return {
        name: shlex.join(
            ["labelqueue", "replay", str(folder / f"{name}.json"), *words]
            if found.shortest["found_by"] in ("case", "search")
            else ["labelqueue", "conform", "--only", name, "--seed", str(result.seed), *words]
        )
        for name, found in result.requirements.items()
        if found.shortest is not None
    }


def _profiles(names: list[str]) -> list[Profile]:
    known = [p for p in PROFILES if any(requirement.profile == p for requirement in REQUIREMENTS.values())]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}", param_hint="--profile")
    return [profile for profile in known if profile in names]
