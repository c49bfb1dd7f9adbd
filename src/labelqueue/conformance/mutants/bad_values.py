"""Mutants of IN-4, IN-5, IN-7, IN-11 and IN-12: confidences, labels, fractions of a microsecond, lone surrogates."""

from __future__ import annotations

import numbers
import re
from datetime import datetime, timedelta
from typing import Any

from labelqueue.conformance.models.input import InputQueue, Row
from labelqueue.conformance.mutants.mutant import mutant


@mutant("IN-4")
class UnknownIsNotBelow(InputQueue):
    """A row whose confidence is missing is not selected."""

    def is_below(self, row: Row, threshold: Any) -> bool:
        return not self.is_missing(row["confidence"]) and super().is_below(row, threshold)


@mutant("IN-4")
class UnknownIsZero(InputQueue):
    """A missing confidence is taken for 0.0 when it is compared."""

    def is_below(self, row: Row, threshold: Any) -> bool:
        return super().is_below({**row, "confidence": 0.0} if self.is_missing(row["confidence"]) else row, threshold)


@mutant("IN-4")
class NanIsStored(InputQueue):
    """A NaN is stored as it is."""

    def confidence(self, row: Row) -> float | None:
        value = row.get("confidence")
        return value if isinstance(value, float) else super().confidence(row)


@mutant("IN-4")
class OnlyNoneIsMissing(InputQueue):
    """Of all that stands for a missing value, None and NaN alone are known."""

    def judge_confidence(self, place: int, row: Row) -> None:
        value = row.get("confidence")
        if type(value).__name__ in ("NaTType", "NAType"):
            self.refuse(place, "confidence", value, "is no number")
        super().judge_confidence(place, row)


@mutant("IN-4")
class OneKindOfNan(InputQueue):
    """NaN is looked for among the language's own floats alone."""

    def is_missing(self, value: Any) -> bool:
        return super().is_missing(value) and (isinstance(value, float) or not isinstance(value, numbers.Real))


@mutant("IN-5")
class BytesAreNumbers(InputQueue):
    """Whatever can be made a float is a number, bytes among it."""

    def is_number(self, value: Any) -> bool:
        return isinstance(value, bytes) or super().is_number(value)


@mutant("IN-5", "DRIFT-1")
class FloatsOfALibraryAreNoNumbers(InputQueue):
    """Only the language's own floats and integers are numbers."""

    def is_number(self, value: Any) -> bool:
        return isinstance(value, int | float) and super().is_number(value)


@mutant("IN-5")
class InfiniteIsANumber(InputQueue):
    """An infinite confidence is let in."""

    def judge_confidence(self, place: int, row: Row) -> None:
        if row.get("confidence") not in (float("inf"), float("-inf")):
            super().judge_confidence(place, row)


@mutant("IN-5")
class BoolIsANumber(InputQueue):
    """A bool is taken for 0 or 1."""

    def judge_confidence(self, place: int, row: Row) -> None:
        if not isinstance(row.get("confidence"), bool):
            super().judge_confidence(place, row)


@mutant("IN-5")
class TextBecomesANumber(InputQueue):
    """A text that reads as a number is taken for it."""

    def judge_confidence(self, place: int, row: Row) -> None:
        value = row.get("confidence")
        super().judge_confidence(place, {"confidence": float(value)} if isinstance(value, str) and value else row)


@mutant("IN-5")
class JudgesSelectedConfidences(InputQueue):
    """A bad confidence above the threshold is dropped with its row."""

    def judge_confidence(self, place: int, row: Row) -> None:
        value = row.get("confidence")
        if not (isinstance(value, float) and value > 0):
            super().judge_confidence(place, row)


@mutant("IN-7")
class MissingLabelIsText(InputQueue):
    """A missing label becomes the text "nan" or "None"."""

    def label(self, row: Row) -> str | None:
        return str(row["predicted_label"]) if "predicted_label" in row else None


@mutant("IN-7")
class LabelKeepsItsKind(InputQueue):
    """A number as a label is stored as a number."""

    def label(self, row: Row) -> Any:
        value = row.get("predicted_label")
        return None if self.is_missing(value) else value


@mutant("IN-7")
class LabelsInFewDigits(InputQueue):
    """A number as a label is written as short as can be: a million becomes 1e+06."""

    def label(self, row: Row) -> str | None:
        value = row.get("predicted_label")
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:g}"
        return super().label(row)


@mutant("IN-7")
class WholeFloatsLoseTheirFraction(InputQueue):
    """A label of a row that is a whole float is stored as an integer's text."""

    def label(self, row: Row) -> str | None:
        value = row.get("predicted_label")
        if isinstance(value, float) and value.is_integer():
            row = {**row, "predicted_label": int(value)}
        return super().label(row)


@mutant("IN-7")
class LabelOfAMappingBecomesText(InputQueue):
    """A number as the label of a mapping is made a text."""

    def judge_label(self, place: int, row: Row) -> None:
        pass


@mutant("IN-11")
class RoundsToTheMicrosecond(InputQueue):
    """Nanoseconds are rounded."""

    def instant(self, value: Any) -> datetime:
        moment = super().instant(value)
        text = str(value)
        digits = text.partition(".")[2][6:7]
        return moment + timedelta(microseconds=1) if digits.isdigit() and int(digits) > 4 else moment  # noqa: PLR2004


@mutant("IN-11")
class KeyKnowsNanoseconds(InputQueue):
    """The key is formed before the time is cut."""

    def request(self, row: Row, reason: str, now: datetime) -> Any:
        made = super().request(row, reason, now)
        found = re.search(r"\.\d{6}(\d+)", str(row["bucket_start_ts"]))
        self.nanoseconds = {**getattr(self, "nanoseconds", {}), made.request_id: found.group(1) if found else ""}
        return made

    def key(self, request: Any) -> Any:
        return super().key(request), getattr(self, "nanoseconds", {}).get(request.request_id, "")


@mutant("IN-11")
class WarnsOfNanoseconds(InputQueue):
    """Cutting nanoseconds leaves the warning of the data library."""

    def instant(self, value: Any) -> datetime:
        return super().instant(value.to_pydatetime() if hasattr(value, "to_pydatetime") else value)


@mutant("IN-11")
class CutsTowardsZero(InputQueue):
    """What is cut before 1970 moves forward."""

    def instant(self, value: Any) -> datetime:
        moment = super().instant(value)
        is_finer = len(str(value).partition(".")[2].rstrip("Z")) > 6  # noqa: PLR2004 - digits
        return moment + timedelta(microseconds=1) if is_finer and moment.year < 1970 else moment  # noqa: PLR2004


@mutant("IN-12")
class SurrogatesPass(InputQueue):
    """A lone surrogate is let in, and breaks the save or stands in the store."""

    def judge_texts(self, place: int, row: Row) -> None:
        pass


@mutant("IN-12")
class SurrogatesInLabelsPass(InputQueue):
    """Only the user is looked at."""

    def judge_texts(self, place: int, row: Row) -> None:
        super().judge_texts(place, {**row, "predicted_label": None})


@mutant("IN-12")
class SurrogatesAreReplaced(InputQueue):
    """A lone surrogate is replaced by a question mark."""

    def judge_texts(self, place: int, row: Row) -> None:
        pass

    def request(self, row: Row, reason: str, now: datetime) -> Any:
        text = row["user_id"].encode("utf-8", "replace").decode()
        return super().request({**row, "user_id": text}, reason, now)


@mutant("IN-12")
class DecodesWhatIsAskedFor(InputQueue):
    """Who is asked for is decoded once more, and a half of a pair becomes U+FFFD, which may be somebody's name."""

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        text = user_id if user_id is None else user_id.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return super().of_user(requests, text)


@mutant("IN-12")
class AskingEncodes(InputQueue):
    """Asking for a user that UTF-8 cannot carry is an error."""

    def of_user(self, requests: list[Any], user_id: str | None) -> list[Any]:
        (user_id or "").encode("utf-8")
        return super().of_user(requests, user_id)
