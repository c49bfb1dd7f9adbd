"""The command `labelqueue enqueue`: add requests for the rows of a frame in a file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from labelqueue.cli.frame_file import ENDINGS, frame_in
from labelqueue.cli.queue_argument import JsonOption, QueueArgument, named, opened
from labelqueue.cli.screen import USAGE, console, errors_in_one_line, fail, say_json
from labelqueue.contract import DEFAULT_LABEL_CONFIDENCE_THRESHOLD, DEFAULT_LABEL_MAX_ASKS_PER_DAY
from labelqueue.document import requests_to_bytes
from labelqueue.errors import InvalidInputError, InvalidRowsError
from labelqueue.instant import is_missing
from labelqueue.queue import ActiveLabelingQueue

if TYPE_CHECKING:
    import pandas as pd

    from labelqueue.contract import LabelingQueue

__all__ = ["enqueue"]


def enqueue(
    queue: QueueArgument,
    frame: Annotated[
        Path, typer.Argument(metavar="FRAME", help=f"A file with one row per bucket ({', '.join(ENDINGS)}).")
    ],
    threshold: Annotated[
        float, typer.Option(metavar="X", help="Rows whose confidence is strictly below it are selected.")
    ] = DEFAULT_LABEL_CONFIDENCE_THRESHOLD,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added, and change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add requests for the buckets whose confidence is low."""
    with errors_in_one_line():
        try:
            rows = frame_in(frame)
        except ValueError as error:
            fail(f"{frame}: {error}", USAGE)
        # Enqueueing does not ask, so whichever the cap is does not matter (CAP-7).
        instance = opened(queue, DEFAULT_LABEL_MAX_ASKS_PER_DAY, must_exist=False)
        try:
            added = (_added_to_copy if dry_run else _added_to)(instance, rows, threshold)
        except InvalidRowsError as error:
            raise InvalidRowsError(str(frame), error.problems) from None
        except InvalidInputError as error:
            if error.argument != "predictions_df":
                raise
            fail(f"{frame}: {error.value} {error.rule}; {error.mend}", USAGE)
        above = _above(rows, threshold)
        duplicates = len(rows) - above - added
    if as_json:
        say_json(
            {
                "queue": named(queue),
                "rows": len(rows),
                "added": added,
                "duplicates": duplicates,
                "above": above,
                "dry_run": dry_run,
            }
        )
        return
    verb = "would be added" if dry_run else "added"
    console().print(f"{added} {verb}, {duplicates} already pending, {above} at or above {threshold}")


def _added_to(queue: LabelingQueue, rows: pd.DataFrame, threshold: float) -> int:
    return queue.enqueue_low_confidence(rows, threshold)


def _added_to_copy(queue: LabelingQueue, rows: pd.DataFrame, threshold: float) -> int:
    # The queue's own code tells what it would do, so that nothing is decided twice.
    with TemporaryDirectory(prefix="labelqueue-") as folder:
        path = Path(folder) / "queue.json"
        path.write_bytes(requests_to_bytes(queue.all_items))
        return _added_to(ActiveLabelingQueue(path), rows, threshold)


def _above(rows: pd.DataFrame, threshold: float) -> int:
    if rows.empty:
        return 0
    return sum(not is_missing(each) and each >= threshold for each in rows["confidence"])
