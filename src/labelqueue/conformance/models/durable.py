"""The kit's model that survives crashes and is shared: naive, one step of writing per method.

It is the model over a JSON file, with a lock around every change and a flush at
every step of writing.  The mutants of DUR and SHARE are a few lines on top of it.
It reads the whole file at every call, and so never trusts its memory.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from labelqueue.conformance.models.file import JsonQueue
from labelqueue.conformance.models.input import Row

__all__ = ["DurableQueue"]


class DurableQueue(JsonQueue):
    """A queue over a JSON array in a file that many share."""

    def __init__(self, queue_path: Path, max_asks_per_day: Any = 20) -> None:  # noqa: ANN401
        """Read the file, if there is one."""
        self.turn: Any = threading.RLock()
        super().__init__(queue_path, max_asks_per_day)

    def enqueue_low_confidence(self, predictions_df: Any, threshold: Any = 0.55) -> int:  # noqa: ANN401
        """One thread at a time."""
        with self.turn:
            return super().enqueue_low_confidence(predictions_df, threshold)

    def enqueue_drift(self, buckets: Sequence[Row]) -> int:
        """One thread at a time."""
        with self.turn:
            return super().enqueue_drift(buckets)

    def get_pending(self, user_id: str | None = None, limit: Any = None) -> list[Any]:  # noqa: ANN401
        """One thread at a time."""
        with self.turn:
            return super().get_pending(user_id, limit)

    def mark_done(self, request_id: str, status: Any = "labeled") -> Any:  # noqa: ANN401
        """One thread at a time; an unknown id needs no lock, and makes none."""
        with self.turn:
            self.judge_status(status)
            self.look()
            if all(request.request_id != request_id for request in self.items):
                return None
            with self.locked():
                return super().mark_done(request_id, status)

    @property
    def all_items(self) -> list[Any]:
        """One thread at a time."""
        with self.turn:
            self.look()
            return list(self.items)

    def enqueue(self, rows: list[Row], reason: str) -> int:
        """Lock, look, add."""
        if not rows:
            return 0
        with self.locked():
            self.look()
            return super().enqueue(rows, reason)

    # The lock.

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers away; the system frees the lock of whoever dies."""
        import fcntl  # noqa: PLC0415 - not everywhere, and needed here alone

        descriptor = os.open(self.sidecar(), os.O_RDWR | os.O_CREAT, 0o666)
        self.unlock = partial(fcntl.flock, descriptor, fcntl.LOCK_UN)
        try:
            self.acquire(descriptor)
            yield
        finally:
            os.close(descriptor)

    def acquire(self, descriptor: int) -> None:
        """Wait for the lock."""
        import fcntl  # noqa: PLC0415 - as above

        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def sidecar(self) -> Path:
        """The file that is locked; its folder is made for it."""
        target = self.path.resolve()
        self.make_folder(target.parent)
        return target.with_name(f"{target.name}.lock")

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it that are missing, and have the disk take their names."""
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for made in missing:
            self.flush_name_of(made)

    def flush_name_of(self, folder: Path) -> None:
        """Have the disk take the name of a folder."""
        self.flush_folder(folder.parent)

    # Writing, step by step.

    def save(self) -> None:
        """Save, and say of an interrupt that it may have come too late."""
        try:
            self.exchange()
        except KeyboardInterrupt as interrupt:
            interrupt.add_note("the change may stand")
            raise

    def exchange(self) -> None:
        """Write a temporary file, put it in the place of the old one, flush the folder."""
        target = self.path.resolve()
        temporary = self.temporary(target)
        try:
            self.write(temporary, target)
            self.replace(temporary, target)
        except BaseException:
            self.clean_up(temporary)
            raise
        self.settle(target)

    def temporary(self, target: Path) -> Path:
        """Where to write: always the same place, so that the next writer cleans up after a dead one."""
        return target.with_name(f"{target.name}.new")

    def write(self, temporary: Path, target: Path) -> None:
        """Write all of the content, with the permission bits of the old file, and flush it."""
        descriptor = self.created(temporary)
        try:
            if target.exists():
                os.fchmod(descriptor, target.stat().st_mode & 0o7777)
            self.write_all(descriptor, self.content())
            self.flush(descriptor)
        finally:
            os.close(descriptor)

    def created(self, temporary: Path) -> int:
        """Make the file, empty, also where a dead process left one."""
        return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)

    def write_all(self, descriptor: int, content: bytes) -> None:
        """Write until nothing is left."""
        while content:
            content = content[os.write(descriptor, content) :]

    def flush(self, descriptor: int) -> None:
        """Have the disk take what was written."""
        os.fsync(descriptor)

    def replace(self, temporary: Path, target: Path) -> None:
        """Put the new file in the place of the old one."""
        os.replace(temporary, target)  # noqa: PTH105 - the one call that matters, by its name

    def clean_up(self, temporary: Path) -> None:
        """Remove what a failure left; what went wrong before is what the caller must learn."""
        with suppress(OSError):
            temporary.unlink(missing_ok=True)

    def settle(self, target: Path) -> None:
        """Flush the folder; where that fails, the change stands all the same."""
        try:
            self.flush_folder(target.parent)
        except OSError as error:
            raise OSError(
                error.errno, f"the change stands, but may not survive a power cut: {error.strerror}"
            ) from error

    def flush_folder(self, folder: Path) -> None:
        """Have the disk take the new name."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
