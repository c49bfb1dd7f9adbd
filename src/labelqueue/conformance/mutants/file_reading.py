"""Mutants of FILE that read wrongly: what is a queue file, and what stands in it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from labelqueue.conformance.models.file import JsonQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("FILE-2")
class ReadsNaiveAsLocal(JsonQueue):
    """A naive time in the file is read as the machine's local one."""

    def loaded_time(self, text: str) -> datetime:
        return super().loaded_time(datetime.fromisoformat(text).astimezone().isoformat())


@mutant("FILE-2")
class KeepsTimesAsTheyStand(JsonQueue):
    """A time is kept at the offset that stands in the file, and a naive one naive."""

    def loaded_time(self, text: str) -> datetime:
        return datetime.fromisoformat(text)


@mutant("FILE-7")
class TellsBucketsApartByTheText(JsonQueue):
    """Buckets are told apart by how their start is written in the file."""

    def look(self) -> None:
        self.starts: dict[str, str] = {}
        super().look()

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        items = super().parsed(content)
        self.starts = {item["request_id"]: item["bucket_start_ts"] for item in items}
        return items

    def key(self, request: Any) -> Any:
        return request.user_id, self.starts.get(request.request_id, self.stored_time(request.bucket_start_ts))


@mutant("FILE-1", "FILE-7")
class HoldsThemByTheirIds(JsonQueue):
    """Requests are held by their ids, and those that look like numbers come first, as in objects of JavaScript."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        items = super().parsed(content)
        numbers = sorted((item for item in items if item["request_id"].isdecimal()), key=lambda i: int(i["request_id"]))
        return numbers + [item for item in items if item not in numbers]


@mutant("FILE-3")
class NeedsEveryMember(JsonQueue):
    """Members that have a default are asked for."""

    def loaded(self, values: dict[str, Any]) -> Any:
        return super().loaded(values | {name: values[name] for name in ("confidence", "predicted_label", "status")})


@mutant("FILE-3")
class AbsentConfidenceIsZero(JsonQueue):
    """A confidence that is absent is taken for 0.0."""

    def loaded(self, values: dict[str, Any]) -> Any:
        return super().loaded({"confidence": 0.0, **values})


@mutant("FILE-3")
class NullBecomesText(JsonQueue):
    """A label that is null becomes the text "None"."""

    def loaded(self, values: dict[str, Any]) -> Any:
        return super().loaded({**values, "predicted_label": str(values.get("predicted_label"))})


@mutant("FILE-3")
class RefusesWhatIsOdd(JsonQueue):
    """What `labelqueue check` would tell is refused: two pending for one bucket, an empty array."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        items = super().parsed(content)
        keys = [(i["user_id"], i["bucket_start_ts"]) for i in items if i.get("status", "pending") == "pending"]
        if len(keys) != len(set(keys)) or not items:
            raise ValueError(f"{self.path}: a bucket is pending twice, or there is none")
        return items


@mutant("FILE-3")
class ReadsOneBlock(JsonQueue):
    """The file is read by one call that gives 64 KiB at most."""

    def read(self) -> bytes:
        return super().read()[:65536]


@mutant("FILE-3")
class DecodesInPieces(JsonQueue):
    """The file is decoded in pieces of 4 KiB, so that a character where two of them meet is none."""

    def read(self) -> bytes:
        content = super().read()
        return "".join(content[start : start + 4096].decode() for start in range(0, len(content), 4096)).encode()


@mutant("FILE-3")
class RefusesOtherLayouts(JsonQueue):
    """A file is taken only in the layout that this queue writes."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        items = super().parsed(content)
        if any("Z" not in i["created_at"] or "\n" not in content.decode() for i in items):
            raise ValueError(f"{self.path}: the layout is another")
        return items


@mutant("FILE-4")
class BrokenIsEmpty(JsonQueue):
    """A file that is no queue file is taken for an empty queue."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError:
            return []


@mutant("FILE-4")
class DetectsTheEncoding(JsonQueue):
    """The bytes are given to a reader of JSON that reads UTF-16 and UTF-32 as well."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        encoding = json.detect_encoding(content)
        return super().parsed(content if encoding.startswith("utf-8") else content.decode(encoding).encode())


@mutant("FILE-4")
class SkipsBrokenItems(JsonQueue):
    """Items that are none are left out without a word."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError:
            whole = json.loads(content)
            return [item for item in whole if self.is_sound(item)] if isinstance(whole, list) else []

    def is_sound(self, item: object) -> bool:
        try:
            super().parsed(json.dumps([item]).encode())
        except ValueError:
            return False
        return True


@mutant("FILE-4")
class CarriesWhatIsDoneAlong(JsonQueue):
    """Why a done request was made is looked at no more when the file is read, nor its confidence and label."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError:
            items: list[dict[str, Any]] = json.loads(content)
            unread = {"reason": "drift", "confidence": None, "predicted_label": None}
            is_done = [isinstance(item, dict) and item.get("status") in ("labeled", "skipped") for item in items]
            looked_at = [item | unread if done else item for item, done in zip(items, is_done, strict=True)]
            super().parsed(json.dumps(looked_at).encode())
            return items


@mutant("FILE-4")
class RefusesOddItems(JsonQueue):
    """An end that is not after its start makes the file none."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        items = super().parsed(content)
        if any(self.loaded_time(item["bucket_end_ts"]) <= self.loaded_time(item["bucket_start_ts"]) for item in items):
            raise ValueError(f"{self.path}: an end is not after its start")
        return items


@mutant("FILE-4")
class LastOfAnIdWins(JsonQueue):
    """Of two items with one id the last is kept."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError as error:
            if "twice" not in str(error):
                raise
            return list({item["request_id"]: item for item in json.loads(content)}.values())


@mutant("FILE-4")
class TextBecomesANumberOnLoad(JsonQueue):
    """A text that reads as a number is taken for a confidence."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError:
            items = json.loads(content)
            for item in items:
                item["confidence"] = float(item["confidence"])
            return super().parsed(json.dumps(items).encode())


@mutant("FILE-4")
class LooksForSmallSurrogates(JsonQueue):
    """Half a character is found where its escape is written in small letters."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        super().parsed(re.sub(rb"\\uD[89A-F][0-9A-F]{2}", b"?", content))
        items: list[dict[str, Any]] = json.loads(content)
        return items


@mutant("FILE-4")
class TakesTheBracketsOnTrust(JsonQueue):
    """What a file of some length begins and ends with is taken for brackets."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        return super().parsed(b"[" + content[1:-1] + b"]" if len(content) > len("null") else content)


@mutant("FILE-4")
class ErrorWithoutTheFile(JsonQueue):
    """The error does not name the file."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError as error:
            raise ValueError(str(error.__cause__)) from None


@mutant("FILE-4")
class ErrorWithoutTheItem(JsonQueue):
    """The error does not name the item and the field."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError:
            raise ValueError(f"{self.path} is broken") from None


@mutant("FILE-4")
class HugeNumbersBecomeInfinite(JsonQueue):
    """A number beyond all doubles in a member that nobody knows is read as infinite, and written so."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        super().parsed(re.sub(rb'("(?!confidence)\w+": )\d+e\d+', rb"\g<1>0", content))
        found: list[dict[str, Any]] = json.loads(content)
        return found


@mutant("FILE-4")
class MovesTheBrokenAway(JsonQueue):
    """A broken file is moved aside when it is refused."""

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        try:
            return super().parsed(content)
        except ValueError:
            self.path.replace(self.path.with_name("broken.json"))
            raise
