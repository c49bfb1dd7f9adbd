"""The exchange with other labeling tools: requests go out as tasks, answers come back.

One module per format.  Every task carries its request's id, so that the answer
finds its way back; each module says which document of its tool it follows.

Nothing here knows a queue: texts are made of requests, and answers of texts.

Examples:
    >>> FORMATS[Tool.CSV].text_from([]).rstrip()
    'request_id,user_id,bucket_start_ts,bucket_end_ts,reason,confidence,predicted_label,label,status'
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from labelqueue.exchange import argilla, label_studio, spreadsheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labelqueue.exchange.task import Answer
    from labelqueue.request import LabelRequest

__all__ = ["FORMATS", "Format", "Tool"]


class Tool(StrEnum):
    """What the formats are called at the command line."""

    LABEL_STUDIO = "label-studio"
    ARGILLA = "argilla"
    CSV = "csv"


class Format(NamedTuple):
    """One tool's files.

    Attributes:
        text_from: Writes requests as the text of a file that the tool imports.
        answers_in: Reads the text of a file that the tool exported; raises a
            `ValueError`, whose message is a clause that continues the file's name,
            when it is none.
    """

    text_from: Callable[[Sequence[LabelRequest]], str]
    answers_in: Callable[[str], list[Answer]]


FORMATS: Final = {
    Tool.LABEL_STUDIO: Format(label_studio.text_from, label_studio.answers_in),
    Tool.ARGILLA: Format(argilla.text_from, argilla.answers_in),
    Tool.CSV: Format(spreadsheet.text_from, spreadsheet.answers_in),
}
"""The format of every tool."""
