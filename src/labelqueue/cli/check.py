"""The command `labelqueue check`: says what is wrong with queue files, and mends them.

It reads and writes the files and finds the words; what is wrong, and what can be
mended without a guess, is decided by `labelqueue.check`.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from typing import Annotated

import typer

from labelqueue.check import mended, problems_in
from labelqueue.file import QueueFile
from labelqueue.lock import exclusively

__all__ = ["check"]

_SOUND, _PROBLEMS, _USAGE = range(3)


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Queue files.", show_default=False)],
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what needs no guess; the old file is kept as FILE.before-fix.")
    ] = False,
) -> None:
    """Name every problem of queue files."""
    raise typer.Exit(max([_checked(path, fix=fix) for path in files]))


def _checked(path: Path, *, fix: bool) -> int:
    try:
        content = path.read_bytes()
    except OSError as error:
        return _failed(path, "cannot be read", error)
    stays = False
    if fix:
        try:
            content, stays = _fixed(path, content)
        except OSError as error:
            return _failed(path, "cannot be mended", error)
    problems = problems_in(content, datetime.now(UTC))
    for problem in problems:
        _say(path, problem.item, problem.field, f"{problem.rule}; {problem.mend}")
    if stays:
        _say(path, None, None, "was left as it is, since writing it would take a guess; mend the rest by hand first")
    elif not problems:
        _say(path, None, None, "has no problems")
    return _PROBLEMS if problems or stays else _SOUND


def _fixed(path: Path, content: bytes) -> tuple[bytes, bool]:
    """Mend the file; return what it holds now, and whether it had to stay as it is."""
    outcome = mended(content)
    if outcome is None:
        return content, True
    canonical, mends = outcome
    if canonical == content:
        return content, False
    file = QueueFile(path)

    def write() -> Path:
        if path.read_bytes() != content:
            # A queue has written since; what it acknowledged must not be undone.
            raise OSError("it was changed meanwhile; check it again")
        kept = _kept_beside(path, content)
        file.replace(canonical)
        return kept

    kept = exclusively(file.target(), file.name, write)
    for mend in mends:
        _say(path, mend.item, mend.field, mend.change)
    _say(path, None, None, f"was written in canonical form; the old file is kept as {_shown(kept)}")
    return canonical, False


def _kept_beside(path: Path, content: bytes) -> Path:
    kept = _new_name_beside(path)
    try:
        # Who could not read the file shall not read its copy: the bits first.
        kept.chmod(S_IMODE(path.stat().st_mode))
        QueueFile(kept).replace(content)
    except OSError:
        kept.unlink()
        raise
    return kept


def _new_name_beside(path: Path) -> Path:
    """Create an empty file, since a name that is only found free may be taken by the next moment."""
    kept, number = path.with_name(f"{path.name}.before-fix"), 1
    while True:
        try:
            kept.touch(exist_ok=False)
        except FileExistsError:
            number += 1
            kept = path.with_name(f"{path.name}.before-fix.{number}")
        else:
            return kept


def _say(path: Path, item: int | None, field: str | None, what: str) -> None:
    where = _shown(path)
    if item is not None:
        where += f" item {item}"
    if field is not None:
        where += f", field {field!r}"
    typer.echo(f"{where}: {what}.")


def _failed(path: Path, what: str, error: OSError) -> int:
    typer.echo(f"labelqueue: {_shown(path)}: {what}: {error.strerror or error}", err=True)
    return _USAGE


def _shown(path: Path) -> str:
    # A file's name may be bytes that no terminal can show.
    return os.fsencode(path).decode("utf-8", "backslashreplace")
