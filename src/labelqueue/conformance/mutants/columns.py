"""Mutants of ENQ and IN that misread a frame by the types of its columns."""

from __future__ import annotations

from typing import Any

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.models.input import BadInputError, InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant


@mutant("ENQ-1")
class AtTheThresholdOfAColumn(ModelQueue):
    """In a frame whose starts are a column of datetimes, a row at the threshold is selected, too."""

    is_column = False

    def enqueue_low_confidence(self, predictions_df: Any, threshold: float | None = None) -> int:
        self.is_column = "bucket_start_ts" in _columns_of_datetimes(predictions_df)
        return super().enqueue_low_confidence(predictions_df, threshold)

    def is_below(self, row: Row, threshold: float) -> bool:
        return super().is_below(row, threshold) or (self.is_column and row["confidence"] == threshold)


@mutant("ENQ-1")
class WholeNumbersAreNoConfidences(ModelQueue):
    """In a frame whose confidences are a column of integers, no row is selected."""

    def is_below(self, row: Row, threshold: float) -> bool:
        return isinstance(row["confidence"], float) and super().is_below(row, threshold)


@mutant("ENQ-3")
class WholeSecondsOfAColumn(ModelQueue):
    """Times that come as a column of datetimes lose what is finer than a second."""

    unit = "s"

    def rows(self, frame: Any) -> list[Row]:
        floored = {name: frame[name].dt.floor(self.unit) for name in _columns_of_datetimes(frame)}
        return super().rows(frame.assign(**floored) if floored else frame)


@mutant("ENQ-3")
class WholeMinutesOfAColumn(WholeSecondsOfAColumn):
    """Times that come as a column of datetimes are kept to the minute, as buckets mostly begin and end."""

    unit = "min"


@mutant("ENQ-3")
class EndsInTheUnitOfStarts(ModelQueue):
    """The ends of a frame are read in the unit that its starts come in."""

    def rows(self, frame: Any) -> list[Row]:
        starts, ends = "bucket_start_ts", "bucket_end_ts"
        if {starts, ends} <= set(_columns_of_datetimes(frame)):
            frame = frame.assign(**{ends: frame[ends].astype(frame[starts].dtype)})
        return super().rows(frame)


@mutant("ENQ-3")
class UsersByTheirCategory(ModelQueue):
    """The users of a column of categories are taken in the order of the categories."""

    def rows(self, frame: Any) -> list[Row]:
        if "user_id" in _columns_of(frame, "category"):
            users = list(frame["user_id"].cat.categories)
            frame = frame.assign(user_id=[users[place % len(users)] for place in range(len(frame))])
        return super().rows(frame)


@mutant("ENQ-7")
class DropsRowsWithGaps(ModelQueue):
    """Rows with a gap are dropped, whichever column it is in."""

    def rows(self, frame: Any) -> list[Row]:
        return super().rows(frame.dropna() if hasattr(frame, "dropna") else frame)


@mutant("IN-3")
class OrderOfAllTimesOfAColumn(InputQueue):
    """Whether ends come after starts is asked of columns of datetimes as a whole, whatever is selected."""

    def rows(self, frame: Any) -> list[Row]:
        starts, ends = "bucket_start_ts", "bucket_end_ts"
        if {starts, ends} <= set(_columns_of_datetimes(frame)) and (frame[ends] <= frame[starts]).any():
            raise BadInputError("an end is not after its start")
        return super().rows(frame)


@mutant("IN-4")
class UnknownInAColumnIsCertain(InputQueue):
    """What is missing in a column of nullable numbers is taken for 1.0, and not selected."""

    def rows(self, frame: Any) -> list[Row]:
        if "confidence" in _columns_of(frame, "Float64"):
            frame = frame.assign(confidence=frame["confidence"].to_numpy(float, na_value=1.0))
        return super().rows(frame)


@mutant("IN-7")
class UnknownCategoryIsText(InputQueue):
    """A label that is missing in a column of categories becomes a text."""

    def rows(self, frame: Any) -> list[Row]:
        if "predicted_label" in _columns_of(frame, "category"):
            frame = frame.assign(predicted_label=[str(label) for label in frame["predicted_label"]])
        return super().rows(frame)


# What comes by the wire is a list of rows.


def _columns_of_datetimes(frame: Any) -> list[str]:
    return [name for name, kind in getattr(frame, "dtypes", {}).items() if kind.kind == "M"]


def _columns_of(frame: Any, kind: str) -> list[str]:
    return [name for name, found in getattr(frame, "dtypes", {}).items() if found == kind]
