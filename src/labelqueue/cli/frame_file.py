"""A frame in a file: CSV, Parquet or JSON lines, by the ending of its name.

Values come out as they stand there.  In particular a user `007` stays text, a
user `NA` is no missing value, and no confidence loses a digit on the way.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["ENDINGS", "frame_in"]

_WORDS_FOR_NONE: Final = {"", "nan", "NaN", "null", "None", "NA", "<NA>"}


def frame_in(path: Path) -> pd.DataFrame:
    """Read a frame.

    Args:
        path: The file; see `ENDINGS`.

    Returns:
        One row per row of the file, in order; in a CSV file an empty field, and
        a confidence that is a word for none, such as `nan`, is missing.

    Raises:
        ValueError: The file is none of these, or cannot be read as what it is; the
            message is a clause that continues the file's name.
        OSError: The file cannot be read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"its name ends with none of {', '.join(ENDINGS)}")
    return reader(path)


def _from_csv(path: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - takes longer than everything else

    try:
        with warnings.catch_warnings():
            # Rows that are longer than the names would lose their last field with no more than this.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path, dtype=str, keep_default_na=False, na_values=[""], index_col=False, encoding="utf-8-sig"
            )
    except (pd.errors.EmptyDataError, pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read as CSV: {_first_line(error)}") from error
    # As an object, so that a word among the numbers is refused by itself.
    if "confidence" in frame.columns:
        frame["confidence"] = pd.Series(
            [_number_or_text(each) for each in frame["confidence"]], index=frame.index, dtype=object
        )
    return frame


def _from_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - as above

    with path.open("rb"):  # a missing file is told as for the other kinds
        pass
    try:
        return pd.read_parquet(path)
    except ImportError:
        raise ValueError("needs pyarrow, which is not installed; run: pip install 'labelqueue[parquet]'") from None
    except (ValueError, OSError) as error:
        raise ValueError(f"cannot be read as Parquet: {_first_line(error)}") from error


def _from_json_lines(path: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - as above

    rows = []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            rows = [_object_in(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    except UnicodeDecodeError as error:
        raise ValueError(f"cannot be read as JSON lines: {_first_line(error)}") from error
    return pd.DataFrame(rows, dtype=object)


def _object_in(number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"line {number} is not a JSON object")  # noqa: TRY004 - one kind for the caller
    return value


def _number_or_text(value: object) -> object:
    if not isinstance(value, str) or value in _WORDS_FOR_NONE:
        return None
    try:
        return float(value)
    except ValueError:
        return value


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


_READERS: Final[dict[str, Callable[[Path], pd.DataFrame]]] = {
    ".csv": _from_csv,
    ".parquet": _from_parquet,
    ".jsonl": _from_json_lines,
    ".ndjson": _from_json_lines,
}
ENDINGS: Final = tuple(_READERS)
"""The endings of the names of files that hold a frame."""
