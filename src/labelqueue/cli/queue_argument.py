"""The argument QUEUE, and the options that several commands over a queue share.

The one place that knows that a queue is named by a file path or by a database URL.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import USAGE, fail
from labelqueue.contract import LabelingQueue
from labelqueue.queue import ActiveLabelingQueue

__all__ = ["CapOption", "JsonOption", "LimitOption", "QueueArgument", "UserOption", "named", "opened"]

QueueArgument = Annotated[
    str, typer.Argument(metavar="QUEUE", help="A queue file, or the URL of a database.", show_default=False)
]
CapOption = Annotated[
    int, typer.Option("--max-asks-per-day", metavar="N", min=0, help="The daily cap; the queue does not store it.")
]
UserOption = Annotated[str | None, typer.Option("--user", metavar="USER", help="This user's requests alone.")]
LimitOption = Annotated[int | None, typer.Option(metavar="N", min=0, help="At most so many requests.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def opened(queue: str, max_asks_per_day: int, *, must_exist: bool = True) -> LabelingQueue:
    """Open a queue by its path or URL.

    Args:
        queue: A text with `://` is a database URL, any other a path.
        max_asks_per_day: The cap of the instance.
        must_exist: Whether a store that does not exist ends the command.  A queue
            that is not there yet is an empty one to programs ([KEEP-3][]); to
            people who want to look at one it is a slip of the pen.

    Returns:
        The queue.
    """
    if "://" in queue:
        return _opened_in_database(queue, max_asks_per_day, must_exist=must_exist)
    if must_exist and not Path(queue).exists():
        _refuse_absent(queue)
    return ActiveLabelingQueue(Path(queue), max_asks_per_day)


def named(queue: str) -> str:
    """Name a queue on the screen: its path, or its URL without the password."""
    if "://" not in queue:
        return queue
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - optional

    return make_url(queue).render_as_string(hide_password=True)


def _opened_in_database(url: str, max_asks_per_day: int, *, must_exist: bool) -> LabelingQueue:
    try:
        instance: LabelingQueue = import_module("labelqueue.sql").SqlLabelingQueue(url, max_asks_per_day)
    except ModuleNotFoundError as error:
        # It says what to install, which is not the same for every database.
        fail(error, USAGE)
    if must_exist and _is_absent_file(url):
        _refuse_absent(named(url))
    return instance


def _is_absent_file(url: str) -> bool:
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - optional

    parts = make_url(url)
    return parts.get_backend_name() == "sqlite" and not Path(parts.database or "").exists()


def _refuse_absent(queue: str) -> None:
    fail(f"{queue}: there is no queue; check the name, or let `labelqueue enqueue` create it", USAGE)
