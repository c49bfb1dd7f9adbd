"""The screen: what all commands share in what they show, and how they fail.

Every error that has a name is one line on standard error and an exit status; no
traceback of ours reaches anybody.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from labelqueue.errors import LabelQueueError, SubjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = [
    "NO_SUBJECT",
    "USAGE",
    "console",
    "errors_in_one_line",
    "fail",
    "in_words",
    "indented",
    "must_have_folders",
    "number_of",
    "progress_bar",
    "say_json",
    "shown_progress",
    "visible",
]

USAGE = 2
NO_SUBJECT = 3


def console() -> Console:
    """Return standard output, on which text is shown as it is."""
    return Console(highlight=False, emoji=False, markup=False)


def visible(text: str) -> str:
    r"""Write text as one line that a terminal shows: what it would obey is written as an escape.

    Examples:
        >>> visible("ada\x1b[2J\n")
        'ada\\x1b[2J\\n'
    """
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def number_of(count: int, noun: str) -> str:
    """Write how many there are of something.

    Examples:
        >>> number_of(1, "request"), number_of(0, "request")
        ('1 request', '0 requests')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def say_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Write a value as JSON on standard output."""
    typer.echo(json.dumps(value, indent=2))


def indented(text: str, columns: int = 2) -> Padding:
    """Indent a text, and what does not fit on its line as well."""
    return Padding(Text(text), (0, 0, 0, columns), expand=False)


def progress_bar(*, auto_refresh: bool = True) -> Progress:
    """Return a bar on standard error, which is shown to people alone and goes when it is done.

    Args:
        auto_refresh: Whether it moves by itself; it must not while keys are read.
    """
    errors = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
        transient=True,
        auto_refresh=auto_refresh,
    )


@contextmanager
def shown_progress(what: str = "starting") -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar while work goes on.

    Args:
        what: What is said until the bar is told anything.

    Yields:
        What tells the bar: what is being done, how much of it is done, and how much there is.
    """
    with progress_bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def fail(error: object, status: int) -> NoReturn:
    """Say in one line on standard error what is wrong, and exit."""
    line = "; ".join(visible(part) for part in str(error).splitlines())
    Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=True).print(f"labelqueue: {line}")
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
    except BrokenPipeError:
        raise  # the reader, `head` say, has seen enough; typer ends the command in silence
    except OSError as error:
        fail(in_words(error), USAGE)


def must_have_folders(*files: Path | None) -> None:
    """Find out at once, and not after minutes, that a file which is to be written has no folder.

    Raises:
        OSError: There is none.
    """
    for file in files:
        if file is not None:
            file.parent.stat()


def in_words(error: OSError) -> str:
    """Say of what the system refused what it was, and why.

    Examples:
        >>> in_words(FileNotFoundError(2, "No such file or directory", "queue.json"))
        'queue.json: No such file or directory'
    """
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror or error}"
