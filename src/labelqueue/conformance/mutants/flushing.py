"""Mutants of DUR-4, and of DUR-1 where flushing fails: what a power cut takes away."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.durable import DurableQueue
from labelqueue.conformance.mutants.mutant import mutant


@mutant("DUR-4")
class NeverFlushes(DurableQueue):
    """The content is not flushed before it replaces the old."""

    def flush(self, descriptor: int) -> None:
        pass


@mutant("DUR-4")
class FlushesAfterTheRename(DurableQueue):
    """The content is flushed once it has replaced the old."""

    def flush(self, descriptor: int) -> None:
        pass

    def replace(self, temporary: Path, target: Path) -> None:
        super().replace(temporary, target)
        descriptor = os.open(target, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


@mutant("DUR-4")
class NeverFlushesTheFolder(DurableQueue):
    """The new name is not flushed."""

    def flush_folder(self, folder: Path) -> None:
        pass


@mutant("DUR-4")
class FlushesTheFolderBefore(DurableQueue):
    """The folder is flushed before the rename."""

    def replace(self, temporary: Path, target: Path) -> None:
        super().flush_folder(target.parent)
        super().replace(temporary, target)

    def flush_folder(self, folder: Path) -> None:
        pass


@mutant("DUR-4")
class FlushesTheFolderAbove(DurableQueue):
    """The folder that holds the folder is flushed."""

    def flush_folder(self, folder: Path) -> None:
        super().flush_folder(folder.parent)


@mutant("DUR-4")
class LeavesNewFoldersUnflushed(DurableQueue):
    """The folder that the first change makes is not flushed into the one above, and may go with all that is in it."""

    def flush_name_of(self, folder: Path) -> None:
        pass


@mutant("DUR-4")
class FlushesTheFolderOfTheLink(DurableQueue):
    """The folder of the path as it was given is flushed, though a link may lead to another."""

    def flush_folder(self, folder: Path) -> None:  # noqa: ARG002 - that is the mistake
        super().flush_folder(self.path.parent)


@mutant("DUR-4")
class FlushesTheWrongDescriptor(DurableQueue):
    """What is flushed is the lock, not the content."""

    def flush(self, descriptor: int) -> None:  # noqa: ARG002
        lock = os.open(self.sidecar(), os.O_RDWR)
        os.fsync(lock)
        os.close(lock)


@mutant("DUR-4")
class FlushesAnEmptyFile(DurableQueue):
    """The file is flushed while the content still waits in a buffer."""

    def write_all(self, descriptor: int, content: bytes) -> None:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
            os.fsync(descriptor)

    def flush(self, descriptor: int) -> None:
        pass


@mutant("DUR-4")
class FlushesTheFirstSaveAlone(DurableQueue):
    """An instance flushes when it writes for the first time."""

    has_flushed = False

    def flush(self, descriptor: int) -> None:
        if not self.has_flushed:
            super().flush(descriptor)
        self.has_flushed = True


@mutant("DUR-4")
class FlushesEnqueueingAlone(DurableQueue):
    """Marking done is thought to be worth no flush."""

    is_marking = False

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:
        with self.turn:
            self.is_marking = True
            try:
                return super().mark_done(request_id, status)
            finally:
                self.is_marking = False

    def flush_folder(self, folder: Path) -> None:
        if not self.is_marking:
            super().flush_folder(folder)


@mutant("DUR-4")
class SavesInTheBackground(DurableQueue):
    """A thread writes, and the call returns at once."""

    writer: threading.Thread | None = None

    def save(self) -> None:
        self.writer = threading.Thread(target=super().save)
        self.writer.start()

    def look(self) -> None:
        if self.writer is not None:
            self.writer.join()
        super().look()


@mutant("DUR-1")
class ContentMayStayUnflushed(DurableQueue):
    """A flush of the content that fails is passed over, since the rename works all the same."""

    def flush(self, descriptor: int) -> None:
        with suppress(OSError):
            super().flush(descriptor)


@mutant("DUR-1")
class BelievesTheSecondFlush(DurableQueue):
    """A flush of the content that failed is tried again, though the system has forgotten what it could not flush."""

    def flush(self, descriptor: int) -> None:
        try:
            super().flush(descriptor)
        except OSError:
            super().flush(descriptor)


@mutant("DUR-1")
class FolderMayStayUnflushed(DurableQueue):
    """A flush of the folder that fails is passed over, since not every file system has one."""

    def flush_folder(self, folder: Path) -> None:
        with suppress(OSError):
            super().flush_folder(folder)


@mutant("DUR-1")
class FolderMayStayClosed(DurableQueue):
    """Where the folder cannot be opened to be flushed, the call returns as if it had been."""

    def flush_folder(self, folder: Path) -> None:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError:
            return
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@mutant("DUR-1")
class FullDiskNeedNotFlush(DurableQueue):
    """A flush that fails for want of space is passed over; any other error is raised."""

    def flush(self, descriptor: int) -> None:
        try:
            super().flush(descriptor)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


@mutant("DUR-4")
class FlushesFirstMarksAlone(DurableQueue):
    """A mark of what is done already is not flushed."""

    is_correction = False

    def marked(self, request: Any, status: str) -> Any:
        self.is_correction = request.status != "pending"
        return super().marked(request, status)

    def with_added(self, added: list[Any]) -> list[Any]:
        self.is_correction = False
        return super().with_added(added)

    def flush(self, descriptor: int) -> None:
        if not self.is_correction:
            super().flush(descriptor)


@mutant("DUR-4")
class FlushesWholeBlocksAlone(DurableQueue):
    """What is larger than 64 KiB is flushed after each 64 KiB, and what is left behind the last of them is not."""

    block = 1 << 16

    def write_all(self, descriptor: int, content: bytes) -> None:
        while len(content) >= self.block:
            super().write_all(descriptor, content[: self.block])
            super().flush(descriptor)
            content = content[self.block :]
        super().write_all(descriptor, content)

    def flush(self, descriptor: int) -> None:
        if os.fstat(descriptor).st_size < self.block:
            super().flush(descriptor)
