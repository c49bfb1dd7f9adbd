"""Mutants of DUR-2: what a failed call leaves beside the store."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("DUR-2")
class LeavesTheTemporary(DurableQueue):
    """A failed call leaves its temporary file behind."""

    def clean_up(self, temporary: Path) -> None:
        pass


@mutant("DUR-2")
class CleansUpAfterWritingAlone(DurableQueue):
    """The temporary file is removed when writing fails, and stays when the rename does."""

    is_written = False

    def write(self, temporary: Path, target: Path) -> None:
        self.is_written = False
        super().write(temporary, target)
        self.is_written = True

    def clean_up(self, temporary: Path) -> None:
        if not self.is_written:
            super().clean_up(temporary)


@mutant("DUR-2")
class ClosesBehindTheCleaningUp(DurableQueue):
    """The temporary file is closed where no error makes anybody remove it any more."""

    def exchange(self) -> None:
        target = self.path.resolve()
        temporary = self.temporary(target)
        descriptor = self.created(temporary)
        try:
            self.write_all(descriptor, self.content())
            self.flush(descriptor)
        except BaseException:
            self.clean_up(temporary)
            raise
        os.close(descriptor)
        try:
            self.replace(temporary, target)
        except BaseException:
            self.clean_up(temporary)
            raise
        self.settle(target)


@mutant("DUR-2")
class CleansUpBesideTheLink(DurableQueue):
    """The temporary file is looked for beside the path as it was given, though a link may lead to another folder."""

    def clean_up(self, temporary: Path) -> None:
        super().clean_up(self.path.with_name(temporary.name))


@mutant("DUR-2")
class KeepsACopyOfTheOld(DurableQueue):
    """The old file is copied aside, and the copy goes only when all went well."""

    def save(self) -> None:
        target = self.path.resolve()
        copy = target.with_suffix(".bak")
        if target.exists():
            shutil.copy(target, copy)
        super().save()
        copy.unlink(missing_ok=True)


@mutant("DUR-2")
class CleansUpAfterErrorsAlone(DurableQueue):
    """The temporary file is removed after an error, but not after an interrupt."""

    def clean_up(self, temporary: Path) -> None:
        if isinstance(sys.exc_info()[1], OSError):
            super().clean_up(temporary)
