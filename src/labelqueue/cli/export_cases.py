"""`labelqueue export-cases`: the data of the kit, for runners in other languages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labelqueue.cli.screen import console, errors_in_one_line
from labelqueue.conformance.published.export import export

__all__ = ["export_cases"]


def export_cases(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or empty.")],
) -> None:
    """Write cases, schemas, requirements and index, for a runner of your own."""
    with errors_in_one_line():
        export(folder)
    console().print(f"wrote {folder}; begin with {folder / 'README.md'}", soft_wrap=True)
