"""Mutants of ENQ and DRIFT: which rows become requests, and with which values."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("ENQ-1")
class AtTheThreshold(ModelQueue):
    """A row at the threshold is selected, too."""

    def is_below(self, row: Mapping[str, Any], threshold: float) -> bool:
        return bool(row["confidence"] <= threshold)


@mutant("ENQ-1")
class RoundsBeforeComparing(ModelQueue):
    """Confidences are rounded before they are compared."""

    def is_below(self, row: Mapping[str, Any], threshold: float) -> bool:
        return bool(round(row["confidence"], 6) < round(threshold, 6))


@mutant("ENQ-1")
class ZeroThresholdIsNone(ModelQueue):
    """A threshold of 0.0 is taken for a missing one."""

    def enqueue_low_confidence(self, predictions_df: Any, threshold: float | None = None) -> int:
        return super().enqueue_low_confidence(predictions_df, threshold or self.default_threshold)


@mutant("ENQ-2")
class DefaultOfSix(ModelQueue):
    """The threshold defaults to 0.6."""

    default_threshold = 0.6


@mutant("ENQ-2")
class DefaultOfFive(ModelQueue):
    """The threshold defaults to 0.5."""

    default_threshold = 0.5


@mutant("ENQ-3")
class SinglePrecision(ModelQueue):
    """The confidence goes through a 32-bit float."""

    def confidence(self, row: Mapping[str, Any]) -> float | None:
        value = super().confidence(row)
        narrow: float | None = None if value is None else struct.unpack("f", struct.pack("f", value))[0]
        return narrow


@mutant("ENQ-3", "DRIFT-3")
class NoNegativeZero(ModelQueue):
    """The confidence goes through a sum, or a column of a database, which make 0.0 of -0.0."""

    def confidence(self, row: Mapping[str, Any]) -> float | None:
        value = super().confidence(row)
        return None if value is None else value + 0.0


@mutant("ENQ-3")
class EmptyLabelIsNone(ModelQueue):
    """An empty label is taken for a missing one."""

    def label(self, row: Mapping[str, Any]) -> str | None:
        return super().label(row) or None


@mutant("ENQ-3")
class EndOfTheStart(ModelQueue):
    """The end of the bucket is that of another row of the call."""

    def enqueue(self, rows: list[Mapping[str, Any]], reason: str) -> int:
        ends = [row["bucket_end_ts"] for row in rows]
        shifted: list[Mapping[str, Any]] = [{**row, "bucket_end_ts": max(ends, key=str)} for row in rows]
        return super().enqueue(shifted if reason == "low_confidence" else rows, reason)


@mutant("ENQ-4")
class CreatedWhenItIsOver(ModelQueue):
    """A request about a bucket that is not over yet is made at its end."""

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:
        return super().request(row, reason, max(now, self.instant(row["bucket_end_ts"])))


@mutant("ENQ-4")
class MomentOfTheRow(ModelQueue):
    """The clock is read once per row."""

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:  # noqa: ARG002
        return super().request(row, reason, self.now())


@mutant("ENQ-4")
class MomentOfConstruction(ModelQueue):
    """Requests carry the moment at which the queue was opened."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.opened = super().now()

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:  # noqa: ARG002
        return super().request(row, reason, self.opened)


@mutant("ENQ-4")
class WholeSeconds(ModelQueue):
    """`created_at` loses what is finer than a second."""

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:
        return super().request(row, reason, now.replace(microsecond=0))


@mutant("ENQ-5")
class SortedByStart(ModelQueue):
    """The rows of a call are sorted by their start first."""

    def enqueue(self, rows: list[Mapping[str, Any]], reason: str) -> int:
        return super().enqueue(sorted(rows, key=lambda row: self.instant(row["bucket_start_ts"])), reason)


@mutant("ENQ-5")
class NewestFirst(ModelQueue):
    """New requests go before old ones."""

    def with_added(self, added: list[Any]) -> list[Any]:
        return [*added, *self.items]


@mutant("ENQ-6")
class CountsSelectedRows(ModelQueue):
    """Duplicates are counted as added."""

    def enqueue(self, rows: list[Mapping[str, Any]], reason: str) -> int:
        super().enqueue(rows, reason)
        return len(rows)


@mutant("ENQ-6")
class EmptyFrameNeedsColumns(ModelQueue):
    """An empty frame without a confidence column is an error."""

    def rows(self, frame: Any) -> list[Mapping[str, Any]]:
        if not isinstance(frame, list):
            frame["confidence"]
        return super().rows(frame)


@mutant("ENQ-7")
class ColumnsInAnyCase(ModelQueue):
    """Columns are known by their names in small letters, so that a further one takes another's place."""

    def rows(self, frame: Any) -> list[Mapping[str, Any]]:
        return [{name.lower(): value for name, value in row.items()} for row in super().rows(frame)]


@mutant("ENQ-7")
class ConvertsInPlace(ModelQueue):
    """A column of the caller's frame is converted in place."""

    def rows(self, frame: Any) -> list[Mapping[str, Any]]:
        frame["bucket_start_ts"] = [self.instant(value) for value in frame["bucket_start_ts"]]
        return super().rows(frame)


@mutant("ENQ-7")
class RowsByLabel(ModelQueue):
    """Rows are addressed by the labels of the index."""

    def rows(self, frame: Any) -> list[Mapping[str, Any]]:
        return (
            list(frame.to_dict("index").values())
            if frame.index.is_unique
            else [dict(frame.loc[label].iloc[0]) for label in frame.index]
        )


@mutant("ENQ-7")
class ColumnsByPosition(ModelQueue):
    """Columns are taken by their position."""

    def rows(self, frame: Any) -> list[Mapping[str, Any]]:
        names = ("user_id", "bucket_start_ts", "bucket_end_ts", "confidence", "predicted_label")
        return [dict(zip(names, row, strict=False)) for row in frame.itertuples(index=False)]


@mutant("DRIFT-1")
class DriftBelowTheThreshold(ModelQueue):
    """Confident buckets are not enqueued for drift."""

    def enqueue_drift(self, buckets: Sequence[Mapping[str, Any]]) -> int:
        return super().enqueue_drift([b for b in buckets if (b.get("confidence") or 0) < self.default_threshold])


@mutant("DRIFT-1")
class DriftCalledLowConfidence(ModelQueue):
    """Drift with a low confidence gets the other reason."""

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:
        confidence = row.get("confidence")
        is_low = confidence is not None and confidence < self.default_threshold
        return super().request(row, "low_confidence" if is_low else reason, now)


@mutant("DRIFT-2")
class AbsentConfidenceIsZero(ModelQueue):
    """An absent confidence becomes 0.0."""

    def confidence(self, row: Mapping[str, Any]) -> float | None:
        confidence: float | None = row.get("confidence", 0.0)
        return confidence


@mutant("DRIFT-2")
class LabelIsNeeded(ModelQueue):
    """A mapping without a label is an error."""

    def label(self, row: Mapping[str, Any]) -> str | None:
        label: str | None = row["predicted_label"]
        return label


@mutant("DRIFT-3")
class DriftCountsMappings(ModelQueue):
    """The number of mappings is returned."""

    def enqueue_drift(self, buckets: Sequence[Mapping[str, Any]]) -> int:
        super().enqueue_drift(buckets)
        return len(buckets)


@mutant("DRIFT-3")
class DriftFillsInTheMapping(ModelQueue):
    """What is absent is filled in in the caller's own mapping."""

    def enqueue_drift(self, buckets: Sequence[Any]) -> int:
        for bucket in buckets:
            bucket.setdefault("confidence", None)
        return super().enqueue_drift(buckets)


@mutant("DRIFT-3")
class DriftAsksForAbsentKeys(ModelQueue):
    """An absent key is asked for all the same, which adds it to a mapping that has a default for every key."""

    def confidence(self, row: Mapping[str, Any]) -> float | None:
        try:
            confidence: float | None = row["confidence"]
        except KeyError:
            return None
        return confidence


@mutant("DRIFT-3")
class DriftBackwards(ModelQueue):
    """The mappings are taken from the last to the first."""

    def enqueue_drift(self, buckets: Sequence[Mapping[str, Any]]) -> int:
        return super().enqueue_drift(list(reversed(buckets)))


@mutant("ENQ-1")
class FirstThresholdStays(ModelQueue):
    """The first threshold that is handed in is kept for later calls."""

    kept: float | None = None

    def enqueue_low_confidence(self, predictions_df: Any, threshold: float | None = None) -> int:
        self.kept = self.kept or threshold
        return super().enqueue_low_confidence(predictions_df, self.kept)


@mutant("ENQ-1")
class NeverNothing(ModelQueue):
    """When no row is below the threshold, the least certain one is taken all the same."""

    def enqueue_low_confidence(self, predictions_df: Any, threshold: float | None = None) -> int:
        added = super().enqueue_low_confidence(predictions_df, threshold)
        rows = self.rows(predictions_df)
        if not added and not self.items and rows:
            return self.enqueue([min(rows, key=lambda row: row["confidence"])], "low_confidence")
        return added


@mutant("DRIFT-2", "DRIFT-1")
class UnknownLabelAsText(ModelQueue):
    """A label that is `None` becomes the text "None"."""

    def label(self, row: Mapping[str, Any]) -> str | None:
        return str(row["predicted_label"]) if "predicted_label" in row else None
