"""Mutants of DUR-3: what a killed process leaves behind."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.models.input import Row
from labelqueue.conformance.mutants.failing import CopiesWhereItCannotRename
from labelqueue.conformance.mutants.mutant import mutant


@mutant("DUR-3")
class WritesTheFileItself(DurableQueue):
    """The file is emptied and written anew, under the lock."""

    def temporary(self, target: Path) -> Path:
        return target

    def replace(self, temporary: Path, target: Path) -> None:
        pass

    def clean_up(self, temporary: Path) -> None:
        pass


@mutant("DUR-3")
class GivesItsBitsLate(DurableQueue):
    """The new file, made for its owner alone, gets the permission bits of the old one when it is in its place."""

    def replace(self, temporary: Path, target: Path) -> None:
        bits = target.stat().st_mode & 0o7777 if target.exists() else temporary.stat().st_mode & 0o7777
        temporary.chmod(0o600)
        super().replace(temporary, target)
        target.chmod(bits)


@mutant("DUR-3")
class LeavesTheTemporariesOfTheDead(DurableQueue):
    """Each process has a temporary file of its own, and nobody removes those of the dead."""

    def temporary(self, target: Path) -> Path:
        return target.with_name(f"{target.name}.{os.getpid()}.new")


@mutant("DUR-3")
class TemporariesInTheSystemsFolder(DurableQueue):
    """The temporary file is made where the system keeps such files, and those of the dead stay there."""

    def temporary(self, target: Path) -> Path:
        return Path(tempfile.gettempdir()) / f"{target.name}.{os.getpid()}.new"


@mutant("DUR-3")
class CleansUpByAPattern(DurableQueue):
    """The temporaries of the dead are looked for by a pattern, in which a name with brackets means others."""

    def temporary(self, target: Path) -> Path:
        for dead in target.parent.glob(f"{target.name}.*.new"):
            dead.unlink(missing_ok=True)
        return target.with_name(f"{target.name}.{os.getpid()}.new")


@mutant("DUR-3")
class SweepsBesideTheLink(DurableQueue):
    """The temporaries of the dead are looked for beside the path as it was given, and lie beside a link's target."""

    def temporary(self, target: Path) -> Path:
        for dead in self.path.parent.iterdir():
            if dead.name.startswith(f"{target.name}.") and dead.suffix == ".new":
                dead.unlink(missing_ok=True)
        return target.with_name(f"{target.name}.{os.getpid()}.new")


@mutant("DUR-3")
class LargeBatchesInPortions(DurableQueue):
    """A batch of more than 256 rows is stored in several changes."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        first, rest = rows[:256], rows[256:]
        return super().enqueue(first, reason) + (self.enqueue(rest, reason) if rest else 0)


@mutant("DUR-3")
class StumblesOverTheDead(DurableQueue):
    """The temporary file has one name and has to be new, so that the change after a kill fails."""

    def created(self, temporary: Path) -> int:
        return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


@mutant("DUR-3")
class WritesOverTheDead(DurableQueue):
    """The temporary file is not emptied: what a dead process left is longer, and its end stays."""

    def created(self, temporary: Path) -> int:
        return os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o666)


@mutant("DUR-3")
class RemovesTheOldFirst(DurableQueue):
    """The old file is removed before the new one takes its name, under the lock."""

    def replace(self, temporary: Path, target: Path) -> None:
        target.unlink(missing_ok=True)
        super().replace(temporary, target)


@mutant("DUR-3")
class TrustsTheTemporary(DurableQueue):
    """A temporary file that is there is taken for the newer state."""

    def look(self) -> None:
        temporary = self.temporary(self.path.resolve())
        if temporary.exists():
            self.items = [self.loaded(item) for item in self.parsed(temporary.read_bytes())]
        else:
            super().look()


@mutant("DUR-3")
class FinishesWhatTheDeadBegan(DurableQueue):
    """A temporary file that is whole is taken for the change that a dead process was about to make."""

    def look(self) -> None:
        super().look()
        temporary = self.temporary(self.path.resolve())
        with suppress(OSError, ValueError):
            self.items = [self.loaded(item) for item in self.parsed(temporary.read_bytes())]


@mutant("DUR-3")
class CopiesIntoPlace(DurableQueue):
    """The new file is copied over the old one, and then removed."""

    def replace(self, temporary: Path, target: Path) -> None:
        target.write_bytes(temporary.read_bytes())
        temporary.unlink()


@mutant("DUR-3")
class SweepsWhatWouldUndo(DurableQueue):
    """The file is written over by pages, a copy kept until then; a writer sweeps away the copy that a dead one left."""

    def look(self) -> None:
        target, copy = self.path.resolve(), self.copy()
        if copy.exists():
            copy.replace(target)
        super().look()

    def copy(self) -> Path:
        target = self.path.resolve()
        return target.with_name(f"{target.name}.old")

    def acquire(self, descriptor: int) -> None:
        super().acquire(descriptor)
        self.copy().unlink(missing_ok=True)

    def exchange(self) -> None:
        target, copy = self.path.resolve(), self.copy()
        if not target.exists():
            super().exchange()
            return
        copy.write_bytes(target.read_bytes())
        self.write(target, target)
        copy.unlink()

    def write_all(self, descriptor: int, content: bytes) -> None:
        for start in range(0, len(content), 4096):
            super().write_all(descriptor, content[start : start + 4096])


@mutant("DUR-3")
class WritesOverABusyStore(CopiesWhereItCannotRename):
    """Where the store is busy, as a file that was mounted by itself, it is emptied, written anew and flushed."""

    def copy(self, temporary: Path, target: Path) -> None:  # noqa: ARG002
        self.write(target, target)


@mutant("DUR-3")
class WritesThroughALink(DurableQueue):
    """A link must stay one, and so the file that it leads to is emptied and written anew."""

    def replace(self, temporary: Path, target: Path) -> None:
        if not self.path.is_symlink():
            super().replace(temporary, target)
            return
        target.write_bytes(temporary.read_bytes())
        temporary.unlink()


@mutant("DUR-3")
class HalfABatch(DurableQueue):
    """A batch is saved request by request, under one lock."""

    def enqueue(self, rows: list[Row], reason: str) -> int:
        return sum(super(HalfABatch, self).enqueue([row], reason) for row in rows)


@mutant("DUR-3")
class StumblesOverTheTemporary(DurableQueue):
    """The temporary file must not be there, and so nothing can be written after a kill."""

    def write(self, temporary: Path, target: Path) -> None:
        if temporary.exists():
            raise FileExistsError(temporary)
        super().write(temporary, target)

    def clean_up(self, temporary: Path) -> None:
        pass


@mutant("DUR-3")
class RemovesTheOldWhenItTidiesUp(DurableQueue):
    """Changes are counted by blanks behind the array; the sixty-fourth begins anew, and removes the old file first."""

    def content(self) -> bytes:
        before = self.read() if self.path.exists() else b""
        count = len(before) - len(before.rstrip(b" "))
        return super().content() + b" " * ((count + 1) % 64)

    def replace(self, temporary: Path, target: Path) -> None:
        if not temporary.read_bytes().endswith(b" "):
            target.unlink()
        super().replace(temporary, target)
