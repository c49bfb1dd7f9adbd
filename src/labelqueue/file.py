"""The file: bytes on disk, read whole and replaced as a whole or not at all.

The one place that knows the disk.  New content is written to a temporary beside
the target, flushed, renamed over the target, and the folder is flushed: a reader
sees the old content or the new, never a part (KEEP-5), and what was acknowledged
survives a power cut (DUR-4).  Readers need no lock; whoever replaces the file has
to hold the one of `labelqueue.lock`.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
import time
from collections import deque
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OpenFile", "QueueFile", "Replacement", "Version"]

# No clock of a file system that is in use ticks slower than a hundred times a second.
_TWO_TICKS_NS: Final = 20_000_000
# Linux, macOS and the BSDs take 1,024 at most.
_PIECES_AT_ONCE: Final = 1000
_Signature = tuple[int, int, int, int, int]


class OpenFile(io.FileIO):
    """An open file that closes itself, without a warning, when nobody refers to it.

    An object and no number: one that is made just as an interrupt comes is closed,
    too.
    """

    def __del__(self) -> None:
        self.close()


class Version(NamedTuple):
    """What tells one version of the file from every other.

    Attributes:
        signature: Device, inode, size and times of it; empty where there was no file.
        descriptor: The file itself, kept open, since an inode that is in use cannot
            be given to another file; `None` where there was no file.
        is_settled: Whether every later change shows in the signature.
    """

    signature: _Signature | tuple[()] = ()
    descriptor: io.FileIO | None = None
    is_settled: bool = True


class QueueFile:
    """One file that is read whole and replaced whole."""

    __slots__ = ("_name", "_path")

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is opened or created (KEEP-3).

        Args:
            path: The file.  A relative one is taken from the folder that the
                process is in now, and stays the same file wherever it goes.
        """
        self._name = str(path)
        self._path = path.absolute()

    @property
    def path(self) -> Path:
        """The file, absolute."""
        return self._path

    @property
    def name(self) -> str:
        """The file as the caller named it."""
        return self._name

    def target(self) -> Path:
        """Return the file that is really meant, its folder made and symbolic links resolved.

        Raises:
            OSError: The folder cannot be made.
        """
        target = Path(os.path.realpath(self._path))
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def read_unless(self, version: Version | None) -> tuple[Version, bytes | None] | None:
        """Read the file, unless it is as it was.

        Args:
            version: What was read or written last; `None` for nothing.

        Returns:
            The version that is there now with all of its bytes, or with `None` for
            a file that does not exist; `None` alone when it is the version given.

        Raises:
            OSError: The file cannot be looked at or read.
        """
        try:
            signature = _signature(self._path.stat())
            if version is not None and version.is_settled and version.signature == signature:
                return None
            descriptor = OpenFile(self._path)
            # Taken before the content: whatever changes while it is read is another version.
            status = os.fstat(descriptor.fileno())
            is_settled = abs(time.time_ns() - status.st_mtime_ns) > _TWO_TICKS_NS
            return Version(_signature(status), descriptor, is_settled), descriptor.readall()
        except FileNotFoundError:
            absent = Version()
            return None if version == absent else (absent, None)

    def replace(self, content: bytes) -> None:
        """Replace the whole file, all steps at once; the lock is the caller's business.

        Raises:
            OSError: The write failed; the file is as it was, unless only flushing the
                folder failed.
        """
        replacement = Replacement(self.target())
        try:
            replacement.write([content])
            replacement.publish()
        except BaseException:
            replacement.discard()
            raise


class Replacement:
    """New content for a file, first beside it, then in its place.

    Written and published while the file's lock is held, or discarded where that
    fails.

    Attributes:
        may_stand: Whether the new content may be in place.
    """

    __slots__ = ("_descriptor", "_target", "_temporary", "may_stand")

    def __init__(self, target: Path) -> None:
        """Name the temporary; nothing is created.

        Args:
            target: The file, absolute and with symbolic links resolved.
        """
        self._target = target
        self._temporary = target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")
        self._descriptor: io.FileIO | None = None
        self.may_stand = False

    def write(self, parts: Iterable[bytes | memoryview]) -> None:
        """Write the temporary and flush it.

        Args:
            parts: The content, in pieces: put together first, a large one would
                be copied once more.

        Raises:
            OSError: It failed; the file is as it was.
        """
        mode = self._mode()
        self._remove_leftovers()
        # Beside the target, since a rename is atomic only within one file system.
        self._descriptor = descriptor = OpenFile(self._temporary, "x")
        if mode is None:
            # Nobody has flushed the folders for sure: who made them may have died since.
            _flush_ancestors(self._target.parent)
        else:
            os.fchmod(descriptor.fileno(), mode)
        self._write_all(descriptor, parts)
        _make_times_unique(descriptor)
        os.fsync(descriptor.fileno())

    def publish(self) -> Version:
        """Put the content in its place and flush the folder.

        Raises:
            OSError: The content could not be put there, and the file is as it was;
                or, where `may_stand` is true now, what failed came after that.
        """
        assert self._descriptor is not None
        written = _signature(os.fstat(self._descriptor.fileno()))
        # Opened beforehand: what can fail should fail before the change.
        folder = _open_folder(self._target.parent)
        try:
            self._rename()
            os.fsync(folder)
            # The rename itself changes this time, and only this one.
            changed_ns = os.fstat(self._descriptor.fileno()).st_ctime_ns
        finally:
            os.close(folder)
        return Version((*written[:-1], changed_ns), self._descriptor)

    def discard(self) -> None:
        """Remove the temporary, if it is there."""
        with contextlib.suppress(OSError):
            self._temporary.unlink()

    def _write_all(self, descriptor: io.FileIO, parts: Iterable[bytes | memoryview]) -> None:
        # Many pieces in one call of the system: one by one, they take half as long again.
        rest = deque(memoryview(part) for part in parts if part)
        while rest:
            written = os.writev(descriptor.fileno(), list(islice(rest, _PIECES_AT_ONCE)))
            if not written:
                raise OSError(errno.EIO, "nothing of it was written", str(self._temporary))
            while rest and written >= len(rest[0]):
                written -= len(rest.popleft())
            if written:
                rest[0] = rest[0][written:]

    def _rename(self) -> None:
        self.may_stand = True
        try:
            self._temporary.replace(self._target)
        except OSError:
            self.may_stand = False
            raise

    def _mode(self) -> int | None:
        try:
            return stat.S_IMODE(self._target.stat().st_mode)
        except FileNotFoundError:
            return None

    def _remove_leftovers(self) -> None:
        # Of writers that died: no other can be alive, since the lock is ours.
        leftover = re.compile(rf"\.{re.escape(self._target.name)}\.[0-9a-f]{{16}}\.tmp")
        with contextlib.suppress(OSError), os.scandir(self._target.parent) as entries:
            for entry in entries:
                if leftover.fullmatch(entry.name):
                    Path(entry.path).unlink()


def _signature(status: os.stat_result) -> _Signature:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _make_times_unique(descriptor: io.FileIO) -> None:
    # An editor that saves in place, in the same tick of the file system's clock,
    # would otherwise leave size and times as they are.
    status = os.fstat(descriptor.fileno())
    modified_ns = status.st_mtime_ns - int.from_bytes(os.urandom(4)) % 1_000_000
    os.utime(descriptor.fileno(), ns=(status.st_atime_ns, modified_ns))


def _open_folder(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def _flush_ancestors(folder: Path) -> None:
    for ancestor in folder.parents:
        # Whoever may not read a folder cannot flush it.
        with contextlib.suppress(PermissionError):
            descriptor = _open_folder(ancestor)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
