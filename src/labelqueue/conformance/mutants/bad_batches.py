"""Mutants of IN-1 to IN-3: batches, columns, users and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from labelqueue.conformance.models.input import BadInputError, InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant


@mutant("IN-1")
class AddsRowByRow(InputQueue):
    """A loop judges and adds row by row; the rows before the bad one stay in memory."""

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        path, self.path = self.path, None
        try:
            added = sum(super(AddsRowByRow, self).enqueue_drift([row]) for row in buckets)
        finally:
            self.path = path
        self.save()
        return added

    def enqueue_low_confidence(self, predictions_df: Any, threshold: Any = 0.55) -> int:
        rows = self.rows(predictions_df)
        self.judge_columns(rows)
        path, self.path = self.path, None
        try:
            added = sum(super(AddsRowByRow, self).enqueue_low_confidence([row], threshold) for row in rows)
        finally:
            self.path = path
        self.save()
        return added


@mutant("IN-1")
class LeavesBadRowsOut(InputQueue):
    """Bad mappings are skipped, the good ones added."""

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        return super().enqueue_drift([row for place, row in enumerate(buckets) if self.is_good(place, row)])

    def is_good(self, place: int, row: Row) -> bool:
        try:
            self.judge_confidence(place, row)
            self.judge_row(place, row)
        except BadInputError:
            return False
        return True


@mutant("IN-1")
class ErrorWithoutTheRow(InputQueue):
    """The error does not say which row it is."""

    def refuse(self, place: int, column: str, value: object, rule: str) -> Any:  # noqa: ARG002
        raise BadInputError(f"{column}={value!r} {rule}")


@mutant("IN-1")
class ErrorWithoutTheValue(InputQueue):
    """The error does not say what stands there."""

    def refuse(self, place: int, column: str, value: object, rule: str) -> Any:  # noqa: ARG002
        raise BadInputError(f"row {place}: {column} {rule}")


@mutant("IN-1")
class ErrorCountsFromOne(InputQueue):
    """The error counts rows from 1."""

    def refuse(self, place: int, column: str, value: object, rule: str) -> Any:
        return super().refuse(place + 1, column, value, rule)


@mutant("IN-1")
class JudgesFreeBucketsAlone(InputQueue):
    """A row of a bucket that is pending already is not looked at."""

    def judge_row(self, place: int, row: Row) -> None:
        if all((r.user_id, r.bucket_start_ts.isoformat()[:16]) != self.taken(row) for r in self.items):
            super().judge_row(place, row)

    def taken(self, row: Row) -> tuple[object, str]:
        return row["user_id"], str(row["bucket_start_ts"])[:16]


@mutant("IN-2")
class MissingColumnIsUnknown(InputQueue):
    """A column that is not there is taken for None."""

    def rows(self, frame: Any) -> list[Row]:
        names = ("user_id", "bucket_start_ts", "bucket_end_ts", "confidence", "predicted_label")
        return [dict.fromkeys(names) | dict(row) for row in super().rows(frame)]


@mutant("IN-2")
class ColumnsOfSelectedRows(InputQueue):
    """Whether a column is there shows only once a row is selected."""

    def judge_columns(self, rows: Sequence[Row]) -> None:
        if any(row["confidence"] < 0.55 for row in rows):  # noqa: PLR2004 - the default
            super().judge_columns(rows)


@mutant("IN-2")
class MissingKeyIsUnknown(InputQueue):
    """A key that is not there is taken for an empty text."""

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        return super().enqueue_drift([{"user_id": "", **row} for row in buckets])


@mutant("IN-2")
class KeysMappingByMapping(InputQueue):
    """Keys are looked for mapping by mapping, so that what is bad in one is told before what is missing in the next."""

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        for place, row in enumerate(buckets):
            self.judge_keys(row)
            self.judge_row(place, row)
        return super().enqueue_drift(buckets)


@mutant("IN-2")
class MissingColumnUnnamed(InputQueue):
    """The error does not say which column is missing."""

    def judge_columns(self, rows: Sequence[Row]) -> None:
        try:
            super().judge_columns(rows)
        except BadInputError:
            raise BadInputError("the frame is incomplete") from None


@mutant("IN-2")
class ColumnsWithoutCase(InputQueue):
    """The names of columns are compared without case and blanks."""

    def rows(self, frame: Any) -> list[Row]:
        return [{name.strip().lower(): value for name, value in row.items()} for row in super().rows(frame)]


@mutant("IN-3")
class UserBecomesText(InputQueue):
    """A user that is no text is made one."""

    def judge_user(self, place: int, row: Row) -> None:
        pass

    def request(self, row: Row, reason: str, now: datetime) -> Any:
        return super().request({**row, "user_id": str(row["user_id"])}, reason, now)


@mutant("IN-3")
class NumbersAreSeconds(InputQueue):
    """A bare number is taken for seconds since 1970."""

    def is_time(self, value: Any) -> bool:
        return isinstance(value, int | float) or super().is_time(value)

    def instant(self, value: Any) -> datetime:
        return super().instant(datetime.fromtimestamp(value) if isinstance(value, int | float) else value)  # noqa: DTZ006


@mutant("IN-3")
class DateIsMidnight(InputQueue):
    """A date without a time of day is taken for its midnight."""

    def is_time(self, value: Any) -> bool:
        return super().is_time(
            f"{value}T00:00" if isinstance(value, str) and len(value) == len("2026-01-01") else value
        )


@mutant("IN-3")
class LastDayOfTheMonth(InputQueue):
    """A day that the month does not have, or other text, becomes some moment."""

    def is_time(self, value: Any) -> bool:
        return isinstance(value, str) or super().is_time(value)

    def instant(self, value: Any) -> datetime:
        if isinstance(value, str) and not super().is_time(value):
            value = datetime(2026, 2, 28, 9)  # noqa: DTZ001
        return super().instant(value)


@mutant("IN-3")
class MissingTimeIsNow(InputQueue):
    """A missing time is taken for the moment of the call."""

    def is_time(self, value: Any) -> bool:
        return self.is_missing(value) or super().is_time(value)

    def instant(self, value: Any) -> datetime:
        return self.now() if self.is_missing(value) else super().instant(value)


@mutant("IN-3")
class EndsAnywhere(InputQueue):
    """An end that is not after the start is let in."""

    def judge_times(self, place: int, row: Row) -> None:
        for name in ("bucket_start_ts", "bucket_end_ts"):
            if not self.is_time(row[name]):
                self.refuse(place, name, row[name], "is no timestamp")


@mutant("IN-3")
class EndsByTheWallClock(InputQueue):
    """Start and end are compared as they are written, whatever their offsets."""

    def judge_times(self, place: int, row: Row) -> None:
        walls = [row[name][:19] for name in ("bucket_start_ts", "bucket_end_ts") if isinstance(row[name], str)]
        end = row["bucket_end_ts"] if walls != sorted(set(walls)) else "9999-01-01T00:00:00Z"
        super().judge_times(place, {**row, "bucket_end_ts": end})


@mutant("IN-3")
class EndsToTheNanosecond(InputQueue):
    """The end is compared before it is cut."""

    def judge_times(self, place: int, row: Row) -> None:
        start, end = row["bucket_start_ts"], row["bucket_end_ts"]
        if (
            isinstance(start, str)
            and isinstance(end, str)
            and start.endswith("Z")
            and end.endswith("Z")
            and end > start
        ):
            return
        super().judge_times(place, row)


@mutant("IN-3")
class JudgesUnselectedRows(InputQueue):
    """Rows that nobody will be asked about refuse the batch."""

    def judge_columns(self, rows: Sequence[Row]) -> None:
        super().judge_columns(rows)
        for place, row in enumerate(rows):
            self.judge_row(place, row)
