"""Mutants of FILE that write wrongly: the bytes, unknown members, permission bits, links."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labelqueue.conformance.models.file import JsonQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("KEEP-4")
class PutsInOrderWhatItReads(JsonQueue):
    """What others wrote in another form is rewritten as soon as it is read."""

    def look(self) -> None:
        super().look()
        if self.path.exists() and self.path.read_bytes() != self.content():
            self.save()


@mutant("GET-2", "KEEP-4")
class PutsInOrderWhatItIsAskedFor(JsonQueue):
    """What others wrote in another form is rewritten when it is asked for."""

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:
        found = super().get_pending(user_id, limit)
        if self.path.exists() and self.path.read_bytes() != self.content():
            self.save()
        return found


@mutant("ENQ-3", "DUP-5", "KEEP-1")
class EndsUsersAtTheirNuls(JsonQueue):
    """Users go through an array of texts, which drops NUL at their ends."""

    def rows(self, frame: Any) -> list[Mapping[str, Any]]:
        found = super().rows(frame)
        texts = [row["user_id"].rstrip("\0") if isinstance(row["user_id"], str) else row["user_id"] for row in found]
        return [{**row, "user_id": text} for row, text in zip(found, texts, strict=True)]


@mutant("FILE-1")
class WritesNan(JsonQueue):
    """A missing confidence is written as NaN."""

    def item(self, request: Any) -> dict[str, Any]:
        values = super().item(request)
        return values | ({"confidence": float("nan")} if request.confidence is None else {})


@mutant("FILE-1")
class WritesAByteOrderMark(JsonQueue):
    """The file begins with a byte order mark."""

    def content(self) -> bytes:
        return b"\xef\xbb\xbf" + super().content()

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        return super().parsed(content.removeprefix(b"\xef\xbb\xbf"))


@mutant("FILE-1")
class WritesLatin1(JsonQueue):
    """The file is written in another encoding."""

    def content(self) -> bytes:
        return json.dumps(json.loads(super().content()), ensure_ascii=False).encode("utf-16")

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        return super().parsed(content.decode("utf-16").encode() if content.startswith(b"\xff\xfe") else content)


@mutant("FILE-1")
class WritesAnObject(JsonQueue):
    """The array stands in an object, with a version."""

    def content(self) -> bytes:
        return json.dumps({"version": 1, "items": json.loads(super().content())}).encode()

    def parsed(self, content: bytes) -> list[dict[str, Any]]:
        whole = json.loads(content)
        return super().parsed(json.dumps(whole["items"]).encode() if isinstance(whole, dict) else content)


@mutant("FILE-1")
class LeavesOutDefaults(JsonQueue):
    """Members that have their default are not written."""

    def item(self, request: Any) -> dict[str, Any]:
        values = super().item(request)
        return {name: value for name, value in values.items() if value is not None and value != "pending"}


@mutant("FILE-1")
class WritesInOrderOfAsking(JsonQueue):
    """The file is written in the order of asking."""

    def content(self) -> bytes:
        return json.dumps([self.item(request) for request in self.ordered(self.items)], indent=2).encode()


@mutant("FILE-1")
class LeavesTheEndOfALongerFile(JsonQueue):
    """A file that is there is written over, and not cut to the new length."""

    def save(self) -> None:
        if not self.path.exists():
            super().save()
            return
        with self.path.open("r+b") as file:
            file.write(self.content())


@mutant("FILE-2")
class WritesWithoutAnOffset(JsonQueue):
    """Times are written naive."""

    def stored_time(self, moment: datetime) -> str:
        return moment.replace(tzinfo=None).isoformat()


@mutant("FILE-2")
class WritesAnOffsetOfZero(JsonQueue):
    """Times are written with `+00:00`."""

    def stored_time(self, moment: datetime) -> str:
        return moment.isoformat()


@mutant("FILE-5")
class LosesUnknownMembers(JsonQueue):
    """The file is written with what the queue knows."""

    def unknown_in(self, item: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        return {}


@mutant("FILE-5")
class LosesMembersOfItsOwnNames(JsonQueue):
    """A member that is named like something of the implementation's own is lost."""

    def unknown_in(self, item: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value
            for name, value in super().unknown_in(item).items()
            if not hasattr(dict, name) and name[0] != "_"
        }


@mutant("FILE-5")
class LosesMembersOfWhatIsDone(JsonQueue):
    """A request that is done is written with what the queue knows when another is marked."""

    def unknown_in(self, item: dict[str, Any]) -> dict[str, Any]:
        return super().unknown_in(item) if item.get("status", "pending") == "pending" else {}


@mutant("FILE-5")
class KeepsMembersByBucket(JsonQueue):
    """Unknown members are kept by user and start, which two requests may share."""

    def load(self) -> list[Any]:
        items = super().load()
        by_bucket = {(r.user_id, r.bucket_start_ts): self.unknown.get(r.request_id, {}) for r in items}
        self.unknown = {r.request_id: by_bucket[r.user_id, r.bucket_start_ts] for r in items}
        return items


@mutant("FILE-5")
class LearnsMembersOnce(JsonQueue):
    """Unknown members are those of the first look, whatever other programs write later."""

    def load(self) -> list[Any]:
        known = self.unknown
        items = super().load()
        self.unknown = known or self.unknown
        return items


@mutant("FILE-5")
class MarksInTheText(JsonQueue):
    """The status is replaced in the text of a request, wherever it says that something is pending."""

    def item(self, request: Any) -> dict[str, Any]:
        values = super().item(request)
        return {name: self.replaced(value, request.status) for name, value in values.items()}

    def replaced(self, value: Any, status: str) -> Any:
        text = json.dumps(value).replace('"status": "pending"', f'"status": "{status}"')
        return json.loads(text)


@mutant("FILE-6")
class KeepsThePrivateMode(JsonQueue):
    """The file is as private as the temporary that it was."""

    def save(self) -> None:
        super().save()
        self.path.resolve().chmod(0o600)


@mutant("FILE-6")
class GivesItsOwnerTheRightToWrite(JsonQueue):
    """A file that its owner may not write gets the permission to."""

    def save(self) -> None:
        super().save()
        target = self.path.resolve()
        target.chmod(target.stat().st_mode | 0o200)


@mutant("FILE-6")
class ForgetsTheMode(JsonQueue):
    """Every save gives the file the permission bits of a new one."""

    def save(self) -> None:
        super().save()
        umask = os.umask(0)
        os.umask(umask)
        self.path.resolve().chmod(0o666 & ~umask)


@mutant("FILE-1")
class WritesWhatElseIsSaid(JsonQueue):
    """What a row or a mapping says beside the fields is written into the file."""

    def request(self, row: Mapping[str, Any], reason: str, now: datetime) -> Any:
        request = super().request(row, reason, now)
        further = self.unknown_in(dict(row))
        self.unknown[request.request_id] = {name: str(value) for name, value in further.items()}
        return request


@mutant("FILE-6")
class ReplacesALinkToNothing(JsonQueue):
    """A symbolic link whose target is not there yet is replaced by the first file."""

    def save(self) -> None:
        if not self.path.exists():
            self.path.unlink(missing_ok=True)
        super().save()


@mutant("FILE-6")
class ReplacesTheLink(JsonQueue):
    """A symbolic link is replaced by a file."""

    def save(self) -> None:
        content, mode = self.content(), self.path.stat().st_mode if self.path.exists() else None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".new")
        temporary.write_bytes(content)
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(self.path)
