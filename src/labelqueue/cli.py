"""The command line: `labelqueue conform`, `replay` and `mutants`.

Every error that has a name is one line on standard error and an exit status:
0 conformant, 1 not conformant, 2 usage, 3 the subject could not be started,
4 no verdict.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from labelqueue.conformance.cases import InvalidCaseError, load_case
from labelqueue.conformance.console import rendered
from labelqueue.conformance.mutants import MUTANTS, kills
from labelqueue.conformance.replay import replayed
from labelqueue.conformance.run import DEFAULT_SEED, SelectionError, run
from labelqueue.conformance.subject import CANONICAL, subject_named
from labelqueue.conformance.verdict import EXIT_STATUS
from labelqueue.errors import LabelQueueError, SubjectError
from labelqueue.spec import REQUIREMENTS, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The conformance kit of the active labeling queue.",
)

_SubjectArgument = Annotated[
    str, typer.Argument(metavar="[SUBJECT]", help="package.module:Name, called with (queue_path, max_asks_per_day).")
]


@app.command()
def conform(
    subject: _SubjectArgument = CANONICAL,
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
    with _errors_in_one_line():
        profiles = _profiles(profile or [])
        sys.path.insert(0, "")  # a subject may be a file in this folder
        with _progress_bar() as bar:
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
        _console().print(rendered(result, replays))
    raise typer.Exit(result.exit_status)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A case, such as one that a failing run wrote.")],
    subject: _SubjectArgument = CANONICAL,
) -> None:
    """Take a queue through one case again, and show every step."""
    with _errors_in_one_line():
        sys.path.insert(0, "")
        holds, text = replayed(load_case(file), subject_named(subject))
        _console().print(text)
    raise typer.Exit(EXIT_STATUS["conformant" if holds else "not conformant"])


@app.command()
def mutants() -> None:
    """Show that the kit finds faults: every mutant, and the requirement that kills it."""
    alive = []
    console = _console()
    with _progress_bar() as bar:
        for mutant in bar.track(MUTANTS.values(), description="mutants"):
            killers = kills(mutant)
            if mutant.requirement not in killers:
                alive.append(mutant.id)
            status = "killed by" if mutant.requirement in killers else "NOT KILLED by"
            console.print(f"{mutant.id:<40} {status} {mutant.requirement:<8} {mutant.mistake}", soft_wrap=True)
    console.print(f"{len(MUTANTS) - len(alive)} of {len(MUTANTS)} mutants killed by the requirement that they violate")
    raise typer.Exit(EXIT_STATUS["not conformant" if alive else "conformant"])


def _console() -> Console:
    return Console(highlight=False, emoji=False, markup=False)


def _progress_bar() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _profiles(names: list[str]) -> list[Profile]:
    known = sorted({requirement.profile for requirement in REQUIREMENTS.values()})
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}", param_hint="--profile")
    return [profile for profile in known if profile in names]


def _replay_command(file: Path, subject: str) -> str:
    return shlex.join(["labelqueue", "replay", str(file), *([subject] if subject != CANONICAL else [])])


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except SubjectError as error:
        _fail(error, EXIT_STATUS["no subject"])
    except (SelectionError, InvalidCaseError) as error:
        _fail(error, EXIT_STATUS["usage"])


def _fail(error: LabelQueueError, status: int) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"labelqueue: {error}")
    raise typer.Exit(status) from error
