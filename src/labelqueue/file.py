"""The file: bytes on disk, replaced as a whole or not at all.

The one place that knows the disk.  A change is written to a temporary beside the
target, flushed, renamed over the target, and the folder is flushed: a reader sees
the old content or the new, never a part (KEEP-5), and what was acknowledged
survives a power cut (DUR-4).
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["QueueFile"]

_Signature = tuple[int, int, int, int, int]


class QueueFile:
    """One file that is read whole and replaced whole."""

    __slots__ = ("_path", "_seen")

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is opened or created (KEEP-3)."""
        self._path = path
        # None: never looked; (): looked, and there was no file.
        self._seen: _Signature | tuple[()] | None = None

    def read_if_changed(self) -> bytes | None:
        """Return the content, or `None` when the file is as it was last seen.

        Returns:
            All bytes of the file; `b""` only for a file that is really empty.

        Raises:
            FileNotFoundError: There is no file, and last time there was one or
                nobody had looked; the absence counts as seen.
            OSError: The file cannot be read; nothing counts as seen.
        """
        try:
            signature = _signature(self._path.stat())
            if signature == self._seen:
                return None
            with self._path.open("rb") as file:
                # The signature of what is read, in case it was replaced just now.
                signature = _signature(os.fstat(file.fileno()))
                content = file.read()
        except FileNotFoundError:
            if self._seen == ():
                return None
            self._seen = ()
            raise
        self._seen = signature
        return content

    def forget(self) -> None:
        """Let the next `read_if_changed` read again, whatever it finds."""
        self._seen = None

    def replace(self, content: bytes) -> None:
        """Replace the whole file, creating it and its folder where they are missing.

        Permission bits are kept, a symbolic link stays and its target changes.

        Args:
            content: All bytes of the new file.

        Raises:
            OSError: The write failed; the file is as it was and no temporary
                stays.  Where only flushing the folder failed, the new content
                stands.
        """
        target = Path(os.path.realpath(self._path))
        target.parent.mkdir(parents=True, exist_ok=True)
        with _temporary_beside(target) as (descriptor, temporary):
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            os.fchmod(descriptor, _mode_of(target))
            os.fsync(descriptor)
            temporary.replace(target)
            self._seen = _signature(os.fstat(descriptor))
        _flush_folder(target.parent)


def _signature(status: os.stat_result) -> _Signature:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _mode_of(target: Path) -> int:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


@contextlib.contextmanager
def _temporary_beside(target: Path) -> Iterator[tuple[int, Path]]:
    # Beside the target, since a rename is atomic only within one file system.
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        yield descriptor, temporary
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
