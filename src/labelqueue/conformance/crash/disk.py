"""The model disk: system calls of a program, as they were recorded, replayed on a volatile disk.

What is written through a descriptor that was opened with `O_SYNC` or `O_DSYNC` is
flushed at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.descriptors import Descriptors
from labelqueue.conformance.crash.volatile import VolatileFile, VolatileFolder, VolatileLink
from labelqueue.conformance.crash.volatile_disk import VolatileDisk
from labelqueue.conformance.crash.written_down import (
    bytes_in,
    descriptors_in,
    first_text_in,
    last_number_in,
    path_behind,
    paths_in,
    places_in,
    text_in,
)
from labelqueue.spec import InconclusiveError

if TYPE_CHECKING:
    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = ["Disk"]

_UNKNOWN: Final = frozenset({"splice", "msync"})


class Disk(VolatileDisk):
    """A volatile disk that does what a program did."""

    def __init__(self, root: Path) -> None:
        """Take what lies below a folder as flushed.

        Args:
            root: An absolute path without symbolic links.
        """
        super().__init__(root)
        self._descriptors = Descriptors()

    def replay(self, call: SystemCall) -> None:
        """Do to the disk what a recorded system call did.

        Raises:
            InconclusiveError: It did something that the model does not know.
        """
        self.is_changed = False
        if call.result.startswith("-") or call.result == "?":
            return
        act = getattr(self, f"_{call.name}", None)
        if act is not None:
            act(call)
        elif call.name in _UNKNOWN and str(self.root) in text_in(call.arguments):
            raise InconclusiveError(f"the program writes with {call.name}, which the model disk does not know")

    def begin_anew(self) -> None:
        """Take what is replayed from here on for what another process did, which finds the folders there."""
        self._descriptors = Descriptors()
        self.keep_folders()

    # One method per system call; arguments are as strace writes them, with -xx and -y.

    def _openat(self, call: SystemCall) -> None:
        path = path_behind(call)
        is_flushed = "O_SYNC" in call.arguments or "O_DSYNC" in call.arguments
        opened = self._descriptors.open(call, path, is_flushed=is_flushed)
        if self.folder(path.parent) is None:
            return
        if "O_TMPFILE" in call.arguments:
            self.nameless[path] = VolatileFile()
        file = self.file(path)
        if self.entry(path) is None and "O_CREAT" in call.arguments:
            file = VolatileFile()
            self.change(path, file)
        if file is not None and "O_TRUNC" in call.arguments and file.data:
            self.cut(file, 0)
        if file is not None and "O_APPEND" in call.arguments:
            opened.offset = -1

    _open = _creat = _openat

    def _mknod(self, call: SystemCall) -> None:
        if "S_IF" not in call.arguments or "S_IFREG" in call.arguments:
            self.change(paths_in(call)[0], VolatileFile())

    _mknodat = _mknod

    def _dup(self, call: SystemCall) -> None:
        self._descriptors.copy(call)

    _dup2 = _dup3 = _dup

    def _clone(self, call: SystemCall) -> None:
        self._descriptors.inherit(call)

    _clone3 = _fork = _vfork = _clone

    def _read(self, call: SystemCall) -> None:
        self._descriptors.of(call).go_on(int(call.result))

    def _lseek(self, call: SystemCall) -> None:
        self._descriptors.seek(call)

    def _write(self, call: SystemCall) -> None:
        self._write_at(call, bytes_in(call), None)

    _writev = _write

    def _pwrite64(self, call: SystemCall) -> None:
        self._write_at(call, bytes_in(call), last_number_in(call.arguments))

    _pwritev = _pwrite64

    def _pwritev2(self, call: SystemCall) -> None:
        before, _, flags = call.arguments.rpartition(", ")
        place = last_number_in(before)
        self._write_at(call, bytes_in(call), None if place < 0 else place, is_flushed="SYNC" in flags)

    def _sendfile(self, call: SystemCall) -> None:
        [start] = places_in(call)
        self._copy(call, source=1, start=start, target=0, place=None)

    def _copy_file_range(self, call: SystemCall) -> None:
        start, place = places_in(call)
        self._copy(call, source=0, start=start, target=1, place=place)

    def _fallocate(self, call: SystemCall) -> None:
        file, (mode, start, length) = self._described(call), call.arguments.split(", ")[1:]
        if file is not None and mode == "0":
            self.set(file, file.data.ljust(int(start) + int(length), b"\0"))

    def _ftruncate(self, call: SystemCall) -> None:
        self.cut(self._described(call), last_number_in(call.arguments))

    def _truncate(self, call: SystemCall) -> None:
        self.cut(self.file(paths_in(call)[0]), last_number_in(call.arguments))

    def _rename(self, call: SystemCall) -> None:
        old, new = paths_in(call)[:2]
        moved = self.entry(old)
        if moved is not None:
            is_exchange = "RENAME_EXCHANGE" in call.arguments
            self.change_both(old, self.entry(new) if is_exchange else None, new, moved)

    _renameat = _renameat2 = _rename

    def _link(self, call: SystemCall) -> None:
        old, new = paths_in(call)[:2]
        file = self.file(self._descriptors.behind(call, old))
        if file is not None:
            self.change(new, file)

    _linkat = _link

    def _symlink(self, call: SystemCall) -> None:
        self.change(paths_in(call)[1], VolatileLink(Path(first_text_in(call))))

    _symlinkat = _symlink

    def _unlink(self, call: SystemCall) -> None:
        path = paths_in(call)[0]
        if self.entry(path) is not None:
            self.change(path, None)

    _unlinkat = _rmdir = _unlink

    def _mkdir(self, call: SystemCall) -> None:
        self.make_folder(paths_in(call)[0])

    _mkdirat = _mkdir

    def _fsync(self, call: SystemCall) -> None:
        for _, path in descriptors_in(call):
            entry = self.entry(path)
            if isinstance(entry, VolatileFile):
                self.flush_file(entry)
            elif isinstance(entry, VolatileFolder):
                self.flush_folder(entry)

    _fdatasync = _fsync

    def _sync(self, _call: SystemCall) -> None:
        for folder in self.folders:
            for entry in folder.names().values():
                if isinstance(entry, VolatileFile):
                    self.flush_file(entry)
            self.flush_folder(folder)

    _syncfs = _sync

    def _described(self, call: SystemCall, which: int = 0) -> VolatileFile | None:
        named = descriptors_in(call)
        return self.file(named[which][1]) if which < len(named) else None

    def _write_at(
        self, call: SystemCall, data: bytes, place: int | None, *, which: int = 0, is_flushed: bool = False
    ) -> None:
        """Write to a place of a file, or where its descriptor stands."""
        file, opened = self._described(call, which), self._descriptors.of(call, which)
        if file is None:
            return
        start = place if place is not None else len(file.data) if opened.offset < 0 else opened.offset
        before = file.data.ljust(start, b"\0")
        self.set(file, before[:start] + data + before[start + len(data) :])
        if place is None:
            opened.go_on(len(data))
        if is_flushed or opened.is_flushed:
            self.flush_file(file)

    def _copy(self, call: SystemCall, *, source: int, start: int | None, target: int, place: int | None) -> None:
        """Write to one descriptor what stands in the file of another, at a place or where it stands."""
        if self._described(call, target) is None:
            return
        file, opened, length = self._described(call, source), self._descriptors.of(call, source), int(call.result)
        at = opened.offset if start is None else start
        if file is None or at < 0:
            raise InconclusiveError(f"the program copies with {call.name} what the model disk does not know")
        self._write_at(call, file.data[at : at + length], place, which=target)
        if start is None:
            opened.go_on(length)
