"""Buckets that may be handed in, as Hypothesis strategies.

The universe is small on purpose, so that collisions are likely: a few users, a
handful of starts written in several zones, confidences with ties, both zeros, the
default threshold and its float neighbours.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st

__all__ = ["CONFIDENCES", "LABELS", "USERS", "USERS_OF_FILES", "buckets", "instants", "types"]

_THRESHOLD: Final = 0.55
_EPOCH: Final = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
_OFFSETS: Final = ("", "Z", "+00:00", "+05:45", "-03:30", "+14:00")
USERS: Final = (
    ("ada", "Ada"),
    ("ada", "ada "),
    ("ada", "ad"),
    ("ada", "ada\n"),
    ("ada", "a.a"),
    ("ada", ""),
    ("", "None"),
    ("grace", "日本"),
)
"""Pairs of users that somebody may take for one; `None` is a text here."""

USERS_OF_FILES: Final = (*USERS, ("ada", "ada\0"))
"""Those, and one that JSON can hold and not every database."""

CONFIDENCES: Final = st.one_of(
    st.sampled_from((0.0, -0.0, 0.3, 0.3, 0.5, 0.54, 0.56, 0.6, 1.0, -0.2, 1e-07, 0.1 + 0.2)),
    st.sampled_from((_THRESHOLD, math.nextafter(_THRESHOLD, 0), math.nextafter(_THRESHOLD, 1))),
    st.floats(min_value=-1, max_value=2, allow_nan=False),
)
"""Confidences with ties, both zeros, the default threshold and its neighbours."""

LABELS: Final = st.sampled_from(
    ("coding", "writing", "", "None", "NaN", "naïve 🐍", "three\nlines\u2028or\\n", "+00:00")
)

# Few starts, so that buckets come back; some a microsecond apart, one after the clock; now and then any.
_MINUTE: Final = 60 * 10**6
_STARTS: Final = st.one_of(
    st.sampled_from((0, 15 * _MINUTE, 0, 30 * _MINUTE, 0, 15 * _MINUTE, 1, 15 * _MINUTE - 1, 10**6, 60 * _MINUTE)),
    st.sampled_from((0, 15 * _MINUTE, 7 * 24 * 60 * _MINUTE, 345 * _MINUTE, -210 * _MINUTE)),
    st.sampled_from((0, 15 * _MINUTE, 30 * _MINUTE)),
    st.integers(0, 3 * 24 * 60 * _MINUTE),
)
# What writes a fraction in six digits never shows who takes the digits for a number of microseconds.
_ZEROS_BEHIND: Final = re.compile(r"(\.\d+?)0+(?!\d)")
_WRITTEN_AT: Final = st.sampled_from(_OFFSETS)
_CONFIDENCES_OR_NONE: Final = st.one_of(st.none(), CONFIDENCES)
_WHOLE: Final = st.sampled_from((0, 1, -1, 2))
_LABELS_OR_NONE: Final = st.one_of(st.none(), LABELS)
_LENGTHS: Final = st.sampled_from((1, 999_999, 15 * 60 * 10**6, 60 * 60 * 10**6))


def _written(moment: datetime, offset: str) -> str:
    if offset in ("", "Z"):
        text = moment.replace(tzinfo=None).isoformat() + offset
    else:
        zone = datetime.fromisoformat("2026-01-01T00:00:00" + offset).tzinfo
        text = moment.astimezone(zone).isoformat()
    return _ZEROS_BEHIND.sub(r"\1", text)


_KINDS: Final = st.sampled_from((None, "datetime", "pandas", "numpy"))
_ONE_TYPE: Final = ("Z", "pandas")


def _handed_in(moment: datetime, offset: str, kind: str | None) -> Any:  # noqa: ANN401 - a form of a step
    """Write an instant in any legal way: as text or datetime, naive, in UTC or at an offset."""
    text = _written(moment, offset)
    if kind is None:
        return text
    return {"$datetime": text} if kind == "datetime" else {"$datetime": text, "of": kind}


def instants(start: datetime = _EPOCH) -> st.SearchStrategy[datetime]:
    """Moments near the starts of buckets, aware UTC."""
    return _STARTS.map(lambda microseconds: start + timedelta(microseconds=microseconds))


@st.composite
def _buckets(
    draw: st.DrawFn,
    users: tuple[str, ...],
    confidences: st.SearchStrategy[float | None],
    *,
    is_row: bool,
    is_of_one_type: bool,
) -> dict[str, Any]:
    start = draw(instants())
    end = start + timedelta(microseconds=draw(_LENGTHS))
    written = [_ONE_TYPE if is_of_one_type else (draw(_WRITTEN_AT), draw(_KINDS)) for _ in ("start", "end")]
    bucket: dict[str, Any] = {
        "user_id": draw(st.sampled_from(users)),
        "bucket_start_ts": _handed_in(start, *written[0]),
        "bucket_end_ts": _handed_in(end, *written[1]),
    }
    if is_row or draw(st.booleans()):
        bucket["confidence"] = draw(confidences)
    if is_row or draw(st.booleans()):
        bucket["predicted_label"] = draw(LABELS if is_row else _LABELS_OR_NONE)
    return bucket


@cache
def buckets(users: tuple[str, ...], *, is_row: bool, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lists of buckets that may be handed in.

    Args:
        users: Whose buckets.
        is_row: Whether they are rows of a frame, so that confidence and label are
            always there, or mappings.
        most: How many at most.

    Returns:
        Lists whose times are written anyhow, or all of them as one type of pandas, and
        whose confidences are all of them whole numbers now and then, so that a frame
        has columns of one type, as frames of programs do.
    """
    confidences = CONFIDENCES if is_row else _CONFIDENCES_OR_NONE
    anyhow, alike, whole = (
        st.lists(_buckets(users, of, is_row=is_row, is_of_one_type=is_of_one_type), max_size=most)
        for of, is_of_one_type in ((confidences, False), (confidences, True), (_WHOLE, True))
    )
    return st.one_of(anyhow, anyhow, alike, whole) if is_row else st.one_of(anyhow, anyhow, alike)


def types(rows: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, str]]:
    """Types of columns that can hold what stands in rows, as a step has them.

    Args:
        rows: The rows of a frame, without bad input.
    """
    kinds: dict[str, tuple[str, ...]] = {
        "user_id": ("category", "string"),
        "predicted_label": ("category", "string"),
        "confidence": ("Float64",),
    }
    for name in ("bucket_start_ts", "bucket_end_ts"):
        if all(_is_of_one_type(row[name]) for row in rows):
            kinds[name] = ("datetime64[ns, UTC]", _coarsest(rows, name))
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(of) for name, of in kinds.items()})


def _is_of_one_type(value: Any) -> bool:  # noqa: ANN401 - a form of a step
    offset, kind = _ONE_TYPE
    return isinstance(value, dict) and value["$datetime"].endswith(offset) and value.get("of") == kind


def _coarsest(rows: list[dict[str, Any]], name: str) -> str:
    is_whole = not any(datetime.fromisoformat(row[name]["$datetime"]).microsecond for row in rows)
    return "datetime64[s, UTC]" if is_whole else "datetime64[us, UTC]"
