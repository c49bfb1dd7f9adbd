"""The subject on the command line: a name such as `package.module:Name`, or a command after `--`."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from typer.core import TyperCommand

from labelqueue.conformance.subjects.program import program_named
from labelqueue.conformance.subjects.python_subject import CANONICAL, subject_named
from labelqueue.errors import LabelQueueError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["CommandAfterDashes", "SubjectArgument", "chosen_subject", "command_of", "words_of"]

_COMMAND: Final = "labelqueue.command"
_HOW: Final = "after -- comes the command of a program, such as: -- node adapter.mjs"

SubjectArgument = Annotated[
    str,
    typer.Argument(
        metavar="[SUBJECT | -- COMMAND...]",
        help="package.module:Name, called with (queue_path, max_asks_per_day); a database URL; or a program, after --.",
    ),
]


class CommandAfterDashes(TyperCommand):
    """A command of ours that takes everything after `--` as the command of a program."""

    allow_extra_args = True  # to say what they may have been meant for

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Keep what comes after `--` in the context."""
        if "--" in args:
            place = args.index("--")
            ctx.meta[_COMMAND] = tuple(args[place + 1 :])
            args = args[:place]
        rest = super().parse_args(ctx, args)
        if rest:
            raise typer.BadParameter(f"too many words: {' '.join(rest)}; {_HOW}")
        return rest


def command_of(context: typer.Context) -> tuple[str, ...] | None:
    """Return the command after `--`, or `None` where there is no `--`."""
    command: tuple[str, ...] | None = context.meta.get(_COMMAND)
    if command == ():
        raise typer.BadParameter(_HOW)
    return command


def words_of(context: typer.Context, name: str) -> list[str]:
    """Return what names the subject on a command line; nothing for the canonical queue."""
    command = command_of(context)
    if command is not None:
        return ["--", *command]
    return [] if name == CANONICAL else [name]


@contextmanager
def chosen_subject(context: typer.Context, name: str, *, timeout_s: float = 10.0) -> Iterator[Subject]:
    """Find the subject, and end what was started for it, also where this process is asked to end.

    Raises:
        SubjectError: There is none.
    """
    # Else the process of a subject would stay behind, held at a call by the strace that watches it.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _end)
    sys.path.insert(0, "")  # a subject may be a file in this folder
    command = command_of(context)
    if command is not None and name != CANONICAL:
        raise typer.BadParameter(f"give {name} or the program after --, not both")
    try:
        subject: Subject = subject_named(name) if command is None else program_named(command, timeout_s=timeout_s)
        try:
            yield subject
        except BaseException:
            with suppress(LabelQueueError):  # what went wrong first says more
                subject.stop()
            raise
        subject.stop()
    except _AskedToEndError as asked:
        sys.exit(asked.status)


class _AskedToEndError(KeyboardInterrupt):
    """A signal asked this process to end; like the keyboard's, it is no error of a subject."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number  # as a shell tells of a program that a signal ended


def _end(number: int, _frame: object) -> NoReturn:
    raise _AskedToEndError(number)
