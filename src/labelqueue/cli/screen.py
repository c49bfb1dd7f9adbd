"""The screen: what all commands share in what they show, and how they fail.

Every error that has a name is one line on standard error and an exit status; no
traceback of ours reaches anybody.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from labelqueue.errors import LabelQueueError, SubjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NO_SUBJECT", "USAGE", "console", "errors_in_one_line", "fail", "progress_bar"]

USAGE = 2
NO_SUBJECT = 3


def console() -> Console:
    """Return standard output, on which text is shown as it is."""
    return Console(highlight=False, emoji=False, markup=False)


def progress_bar() -> Progress:
    """Return a bar on standard error, which is shown to people alone and goes when it is done."""
    errors = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
        transient=True,
    )


def fail(error: object, status: int) -> NoReturn:
    """Say in one line on standard error what is wrong, and exit."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"labelqueue: {error}")
    raise typer.Exit(status)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn errors that have a name into one line: 3 for a subject that cannot be examined, else 2."""
    try:
        yield
    except SubjectError as error:
        fail(error, NO_SUBJECT)
    except LabelQueueError as error:
        fail(error, USAGE)
