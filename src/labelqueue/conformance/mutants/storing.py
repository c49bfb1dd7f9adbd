"""Mutants of KEEP: what is in the store, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("KEEP-1")
class SixDigits(ModelQueue):
    """Confidences are stored with six digits."""

    def lines(self) -> Iterator[str]:
        for line in super().lines():
            values = json.loads(line)
            if values["confidence"] is not None:
                values["confidence"] = float(f"{values['confidence']:.6g}")
            yield json.dumps(values) + "\n"


@mutant("KEEP-1")
class StoresWholeSeconds(ModelQueue):
    """Times are stored to the second."""

    def stored_time(self, moment: datetime) -> str:
        return moment.isoformat(timespec="seconds")


@mutant("KEEP-1", "ENQ-3", "DRIFT-1")
class WritesZAnywhere(ModelQueue):
    """The offset of UTC is replaced by Z in all that is stored, not in times alone."""

    def lines(self) -> Iterator[str]:
        return (line.replace("+00:00", "Z") for line in super().lines())


@mutant("KEEP-1", "ENQ-3", "DRIFT-1")
class ReadsEscapesTwice(ModelQueue):
    """A backslash and an n, two characters of a label, come back as a line break."""

    def loaded(self, values: dict[str, Any]) -> Any:
        label = values["predicted_label"]
        return super().loaded(values | {"predicted_label": label and label.replace("\\n", "\n")})


@mutant("KEEP-1")
class StoresInOrderOfAsking(ModelQueue):
    """Requests come back in the order of asking."""

    def load(self) -> list[Any]:
        return self.ordered(super().load())


@mutant("KEEP-1")
class ForgetsTheEmptyLabel(ModelQueue):
    """An empty label comes back as none."""

    def loaded(self, values: dict[str, Any]) -> Any:
        return super().loaded(values | {"predicted_label": values["predicted_label"] or None})


@mutant("KEEP-1")
class LooksForNan(ModelQueue):
    """A store in which "NaN" stands is taken for a broken one, though a text may say so."""

    def load(self) -> list[Any]:
        assert self.path is not None
        if "NaN" in self.path.read_text(encoding="utf-8"):
            raise ValueError(f"{self.path}: there is a number that is none")
        return super().load()


@mutant("KEEP-2")
class SavesTheLastState(ModelQueue):
    """A change is saved with the next one."""

    late: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        now = tuple(super().lines())
        yield from self.late
        self.late = now


@mutant("KEEP-2")
class MarksInMemory(ModelQueue):
    """Marking done is not saved."""

    def mark_done(self, request_id: str, status: str = "labeled") -> Any:
        path, self.path = self.path, None
        found = super().mark_done(request_id, status)
        self.path = path
        return found


@mutant("KEEP-2")
class BreaksLinesAsUnicodeDoes(ModelQueue):
    """The store is read in lines of text, which end at more than a line feed; what is cut in two is passed over."""

    def lines(self) -> Iterator[str]:
        for line in super().lines():
            yield json.dumps(json.loads(line), ensure_ascii=False) + "\n"

    def save(self) -> None:
        super().save()
        self.items = self.load()

    def load(self) -> list[Any]:
        assert self.path is not None
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                found.append(self.loaded(json.loads(line)))
        return found


@mutant("KEEP-2")
class SavesAtExit(ModelQueue):
    """The store is written when the instance goes away."""

    def save(self) -> None:
        self.is_dirty = True

    def __del__(self) -> None:
        if hasattr(self, "is_dirty"):
            super().save()


@mutant("KEEP-3")
class OpeningMakesTheFolder(ModelQueue):
    """Opening creates the folder of the store."""

    def __init__(self, queue_path: Path, max_asks_per_day: int = 20) -> None:
        queue_path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(queue_path, max_asks_per_day)


@mutant("KEEP-3")
class LooksIntoTheFolder(ModelQueue):
    """Whether the store is there is looked up in its folder, which has to be there for that."""

    def __init__(self, queue_path: Path, max_asks_per_day: int = 20) -> None:
        names = {path.name for path in queue_path.parent.iterdir()}
        super().__init__(queue_path if queue_path.name in names else queue_path.absolute(), max_asks_per_day)


@mutant("KEEP-3")
class ReadingMakesTheFile(ModelQueue):
    """Reading an absent store creates an empty one."""

    def get_pending(self, user_id: str | None = None, limit: int | None = None) -> list[Any]:
        if self.path is not None and not self.path.exists():
            self.save()
        return super().get_pending(user_id, limit)


@mutant("KEEP-3")
class FolderMustBeThere(ModelQueue):
    """The first change does not create the folder."""

    def save(self) -> None:
        assert self.path is not None
        if not self.path.parent.exists():
            raise FileNotFoundError(self.path.parent)
        super().save()


@mutant("KEEP-3")
class MakesTheLastFolderAlone(ModelQueue):
    """The first change creates the folder, but not the one in which that lies."""

    def save(self) -> None:
        assert self.path is not None
        self.path.parent.mkdir(exist_ok=True)
        super().save()


@mutant("KEEP-4")
class SavesWhenNothingIsAdded(ModelQueue):
    """Every enqueueing call writes the store."""

    def enqueue(self, rows: list[Any], reason: str) -> int:
        added = super().enqueue(rows, reason)
        if not added:
            self.save()
        return added


@mutant("KEEP-4")
class ReadingSaves(ModelQueue):
    """`all_items` writes the store."""

    @property
    def all_items(self) -> list[Any]:
        if self.items:
            self.save()
        return list(self.items)


@mutant("KEEP-5")
class WritesInPlace(ModelQueue):
    """The file is emptied and written anew."""

    def save(self) -> None:
        assert self.path is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("w", encoding="utf-8") as file:
            file.writelines(self.lines())


@mutant("KEEP-5")
class RemovesBeforeWriting(ModelQueue):
    """The old file is removed before the new one takes its name."""

    def save(self) -> None:
        assert self.path is not None
        self.path.unlink(missing_ok=True)
        super().save()


@mutant("KEEP-5")
class SavesRowByRow(ModelQueue):
    """A batch is saved request by request."""

    def enqueue(self, rows: list[Any], reason: str) -> int:
        return sum(super(SavesRowByRow, self).enqueue([row], reason) for row in rows)
