"""Mutants of DUR-1: what a call makes of the queue whose write failed."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("DUR-1")
class ShortWriteIgnored(DurableQueue):
    """A write that wrote less than it was given is taken for a whole one."""

    def write_all(self, descriptor: int, content: bytes) -> None:
        os.write(descriptor, content)


@mutant("DUR-1")
class WritesOnOnlyOnce(DurableQueue):
    """What a short write left over is written once, and how much of that is not looked at."""

    def write_all(self, descriptor: int, content: bytes) -> None:
        written = os.write(descriptor, content)
        if written < len(content):
            os.write(descriptor, content[written:])


@mutant("DUR-1")
class WritesFromTheStartAgain(DurableQueue):
    """What a short write left over is written from the beginning again."""

    def write_all(self, descriptor: int, content: bytes) -> None:
        written = 0
        while written < len(content):
            written += os.write(descriptor, content)


@mutant("DUR-1")
class WritesWhatFailedLater(DurableQueue):
    """Requests whose write failed are kept aside, and written with the next change, whatever it is."""

    adding: tuple[Any, ...] = ()
    left: tuple[Any, ...] = ()

    def with_added(self, added: list[Any]) -> list[Any]:
        again = {self.key(request) for request in added}
        self.adding = (*(request for request in self.left if self.key(request) not in again), *added)
        return super().with_added(list(self.adding))

    def save(self) -> None:
        try:
            super().save()
        except OSError:
            self.left = self.adding
            raise
        self.left = ()


@mutant("DUR-1")
class FailureIsSwallowed(DurableQueue):
    """A failed write is logged, and the call returns as if all were well."""

    def save(self) -> None:
        with suppress(OSError):
            super().save()


@mutant("DUR-1")
class EndsOverAFailedWrite(DurableQueue):
    """A failed write ends the program, and what it was stands on standard error alone."""

    def save(self) -> None:
        try:
            super().save()
        except OSError as error:
            os.write(2, f"{error}\n".encode())
            os._exit(1)


@mutant("DUR-1")
class UnreadableIsEmpty(DurableQueue):
    """A file that cannot be opened is taken for one that is not there, and the next change writes over it."""

    def look(self) -> None:
        self.items = []
        with suppress(OSError):
            super().look()


@mutant("DUR-1")
class TellsNoCause(DurableQueue):
    """Whatever failed, the caller learns that the queue could not be saved, and no more."""

    def save(self) -> None:
        try:
            super().save()
        except OSError:
            raise RuntimeError("the queue could not be saved") from None


@mutant("DUR-1")
class CleanUpHidesTheCause(DurableQueue):
    """The clean-up raises when there is nothing to clean up, and that is what the caller learns."""

    def clean_up(self, temporary: Path) -> None:
        temporary.unlink()


@mutant("DUR-1")
class BlamesTheCaller(DurableQueue):
    """A failed write is told as a fault of the caller's."""

    def save(self) -> None:
        try:
            super().save()
        except OSError as error:
            raise ValueError(f"these requests cannot be stored: {error.strerror}") from error


@mutant("DUR-1")
class StandsWithoutSayingSo(DurableQueue):
    """Where the flush of the folder fails, the change stands, and the error does not say so."""

    def settle(self, target: Path) -> None:
        self.flush_folder(target.parent)


@mutant("DUR-1")
class DeniesWhatStands(DurableQueue):
    """One error serves all failures, also that of the folder's flush: nothing was changed."""

    def settle(self, target: Path) -> None:
        try:
            self.flush_folder(target.parent)
        except OSError as error:
            raise OSError(error.errno, f"flushing the folder failed ({error.strerror}); nothing was changed") from error


@mutant("DUR-1")
class FindsItsOwnRequests(DurableQueue):
    """A call that failed is made once more from its start, also where its change stands: it adds nothing then."""

    def enqueue(self, rows: list[Any], reason: str) -> int:
        try:
            return super().enqueue(rows, reason)
        except OSError:
            added = super().enqueue(rows, reason)
            self.settle(self.path.resolve())
            return added


@mutant("DUR-1")
class ReadsItsAnswerBack(DurableQueue):
    """A mark is answered with what the store holds by then; where that cannot be read, it looks as if it had failed."""

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        if super().mark_done(request_id, status) is None:
            return None
        self.look()
        return next(request for request in self.items if request.request_id == request_id)


@mutant("DUR-1")
class StopsForGood(DurableQueue):
    """After one failed write the instance refuses every other change."""

    is_broken = False

    def save(self) -> None:
        if self.is_broken:
            raise RuntimeError("the queue is broken")
        self.is_broken = True
        super().save()
        self.is_broken = False


@mutant("DUR-1")
class TriesOnlyOnce(DurableQueue):
    """What failed is remembered as there, so that the same call again adds nothing."""

    def __init__(self, *arguments: Any) -> None:
        self.tried: set[Any] = set()
        super().__init__(*arguments)

    def is_taken(self, request: Any, added: list[Any]) -> bool:
        is_known = self.key(request) in self.tried
        self.tried.add(self.key(request))
        return is_known or super().is_taken(request, added)

    def marked(self, request: Any, status: str) -> Any:
        self.tried.discard(self.key(request))
        return super().marked(request, status)


@mutant("DUR-1")
class WritesOverTheOld(DurableQueue):
    """When the new file cannot take its place, the old one is written over."""

    def replace(self, temporary: Path, target: Path) -> None:
        try:
            super().replace(temporary, target)
        except OSError:
            target.write_bytes(temporary.read_bytes()[:-2])
            raise


@mutant("DUR-1")
class GivesUpQuietly(DurableQueue):
    """A file that somebody holds is replaced at the third try at the latest, and if not, the loop ends as well."""

    def replace(self, temporary: Path, target: Path) -> None:
        for _ in range(3):
            with suppress(PermissionError):
                return super().replace(temporary, target)
        return None


@mutant("DUR-1")
class CopiesWhereItCannotRename(DurableQueue):
    """Where the store is busy, as a file that was mounted by itself, the new file is copied over it, unflushed."""

    def replace(self, temporary: Path, target: Path) -> None:
        try:
            super().replace(temporary, target)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            self.copy(temporary, target)
            self.clean_up(temporary)

    def copy(self, temporary: Path, target: Path) -> None:
        """Go around the rename."""
        target.write_bytes(temporary.read_bytes())


@mutant("DUR-1")
class WritesOverTheOldOnAFullDisk(DurableQueue):
    """Where there is no space for a new file, the old one is emptied and written anew."""

    def created(self, temporary: Path) -> int:
        try:
            return super().created(temporary)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return super().created(self.path.resolve())

    def replace(self, temporary: Path, target: Path) -> None:
        if temporary.exists():
            super().replace(temporary, target)


@mutant("DUR-1")
class InterruptedWithoutSayingSo(DurableQueue):
    """An interrupt that comes behind the rename is passed on as it is, though the change stands."""

    def save(self) -> None:
        self.exchange()
