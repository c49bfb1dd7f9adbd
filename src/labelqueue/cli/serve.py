"""`labelqueue serve`: make a program that speaks the wire of a Python subject."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    subject: Annotated[str, typer.Argument(help="package.module:Name, called with (queue_path, max_asks_per_day).")],
) -> None:
    """Make a program of a Python queue: JSON-RPC 2.0, one message per line."""
    # A fresh interpreter: what this command line has loaded is none of the subject's business.
    os.execv(sys.executable, [sys.executable, "-m", "labelqueue.conformance.subjects.serve", subject])  # noqa: S606
