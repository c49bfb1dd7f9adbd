"""The command: measures a database beside its driver, and SQLite beside other queues too."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sqlalchemy import make_url

from labelqueue.sql.benchmark.beside_driver import measure_beside_driver
from labelqueue.sql.benchmark.flushes import flushes_of
from labelqueue.sql.benchmark.other_queues import QUEUES, measure_other_queues, settings_of
from labelqueue.sql.benchmark.turns import Figure
from labelqueue.sql.benchmark.writers import measure_writers

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Measure what the command line names, and print it.

    Args:
        arguments: The URL of an empty database, and how many requests (100,000).
    """
    if len(arguments) not in (1, 2):
        sys.exit("usage: python -m labelqueue.sql.benchmark URL [REQUESTS]")
    url, number = arguments[0], int(arguments[1]) if arguments[1:] else 100_000
    for figure in measure_beside_driver(url, number):
        _say(_line(figure))
    writing = measure_writers(url)
    _say(f"8 writers, batches of 50: {writing.ours:.0f} a second, the driver's {writing.others:.0f}")
    _say(f"exact: {'yes' if writing.is_exact else 'no'}; errors: {', '.join(writing.errors) or 'none'}")
    database = make_url(url)
    if database.get_backend_name() == "sqlite":
        with tempfile.TemporaryDirectory(dir=Path(database.database or "").parent) as folder:
            _say_others(Path(folder))


def _say_others(folder: Path) -> None:
    """Print the other queues, and how durable each of them is, on the disk of the database."""
    for figure in measure_other_queues(_new(folder, "times")):
        _say(_line(figure))
    for number, name in enumerate(QUEUES):
        made = flushes_of(name, _new(folder, f"flushes {number}"))
        counted = f"{made.put:g} flushes a put, {made.take:g} a take" if made else "flushes not counted: no strace"
        _say(f"{name}: {settings_of(name, _new(folder, f'settings {number}'))}; {counted}")


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


def _line(figure: Figure) -> str:
    times = f"{1000 * figure.ours_s:10.3f} ms {1000 * figure.other_s:10.3f} ms {figure.ratio:7.2f}"
    return f"{figure.what:<36} {times}  {figure.ours} / {figure.other}"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the table


if __name__ == "__main__":
    main(sys.argv[1:])
