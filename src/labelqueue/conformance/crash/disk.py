"""The model disk: what could be on the platter when the power goes.

Recorded system calls are replayed on it.  It keeps apart what was written and what
was flushed, and lists the states that a power cut may leave:

- of a file's content: what was flushed last, what is written now, or something in
  between: a part of what was written since, over what was there, or the right length
  with zeros behind that.  What a file was cut to may be all that is left of it.
- of a folder's names: any beginning of the changes since its last flush, since file
  systems keep those in order.

What is written through a descriptor that was opened with `O_SYNC` or `O_DSYNC` is
flushed at once.

It is kinder than the standard where every file system in use is: a folder that was
made is there, and flushing a file that is new flushes its name as well.  A rename is
there only when its folder was flushed.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labelqueue.conformance.crash.volatile import VolatileFile, VolatileFolder
from labelqueue.spec import InconclusiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labelqueue.conformance.crash.system_calls import SystemCall

__all__ = ["Disk", "Platter"]

Platter = dict[Path, bytes]
"""What is on the platter: the content of every file, by its path."""

_HEX: Final = re.compile(r"\\x([0-9a-f]{2})")
_STRING: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR: Final = re.compile(r"(\d+|AT_FDCWD)<([^>]*)>")
_OPEN_FILE: Final = re.compile(r"/(?:proc/[^/]+|dev)/fd/(\d+)")
_UNKNOWN: Final = frozenset({"sendfile", "splice", "copy_file_range", "msync", "truncate", "pwritev2"})


def _bytes_of(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _text_of(escaped: str) -> str:
    return _HEX.sub(lambda found: chr(int(found[1], 16)), escaped).encode("latin-1").decode("utf-8", "surrogateescape")


def _path_of(escaped: str) -> Path:
    return Path(_text_of(escaped))


def _number(call: SystemCall) -> str:
    return call.arguments.partition("<")[0]


@dataclass
class _Open:
    """What a descriptor stands for, and the copies of it."""

    path: Path | None = None
    offset: int = 0  # -1 where every write goes to the end
    is_flushed: bool = False  # with every write


class Disk:
    """A disk that forgets what was not flushed."""

    def __init__(self, root: Path) -> None:
        """Take what lies below a folder as flushed.

        Args:
            root: An absolute path without symbolic links.
        """
        self._root = root
        self._folders: dict[Path, VolatileFolder] = {}
        self._open_files: dict[str, _Open] = {}  # by descriptor
        self._nameless: dict[Path, VolatileFile] = {}  # by what stands for their names (O_TMPFILE)
        self.is_changed = False
        for path in [root, *root.rglob("*")]:
            if path.is_dir():
                self._folders[path] = VolatileFolder()
        for path in root.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self._folders[path.parent].flushed[path.name] = VolatileFile(content, content)

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
        elif call.name in _UNKNOWN and str(self._root) in _text_of(call.arguments):
            raise InconclusiveError(f"the program writes with {call.name}, which the model disk does not know")

    def check(self, there: Platter) -> None:
        """Compare what the model holds with what is really there.

        Args:
            there: Every file below the folder.

        Raises:
            InconclusiveError: They differ; the program wrote in a way that no
                system call shows, such as a mapping of memory.
        """
        held = {path: file.data for path, file in self._files().items()}
        for path in sorted(held.keys() | there.keys()):
            # The index of SQLite's log is mapped, and made anew after a crash.
            if held.get(path) != there.get(path) and not path.name.endswith("-shm"):
                raise InconclusiveError(f"the program changes {path.name} in a way that the model disk does not know")

    def platters(self) -> Iterator[tuple[str, Platter]]:
        """Every state that a power cut may leave now, with what happened, in words."""
        changes = [len(folder.changes) for folder in self._folders.values()]
        for counts in itertools.product(*(range(most + 1) for most in changes)):
            files = self._files(counts)
            lost = sum(changes) - sum(counts)
            names = f"without the last {lost} changes of names" if lost else "with every change of names"
            for how in dict.fromkeys(how for file in files.values() for how in file.versions()):
                yield (
                    f"{names}, content {how}",
                    {path: file.versions().get(how, file.data) for path, file in files.items()},
                )
            if not files:
                yield names, {}

    def _files(self, counts: Iterable[int | None] = itertools.repeat(None)) -> dict[Path, VolatileFile]:
        """Every file by its path, after so many changes of each folder's names; after all, unless told otherwise."""
        return {
            path / name: file
            for (path, folder), count in zip(self._folders.items(), counts, strict=False)
            for name, file in folder.names(count).items()
        }

    # One method per system call; arguments are as strace writes them, with -xx and -y.

    def _openat(self, call: SystemCall) -> None:
        path = _path_of(call.rest.partition("<")[2].rpartition(">")[0])
        is_flushed = "O_SYNC" in call.arguments or "O_DSYNC" in call.arguments
        opened = self._open_files[call.result] = _Open(path, is_flushed=is_flushed)
        if path in self._folders or path.parent not in self._folders:
            return
        if "O_TMPFILE" in call.arguments:
            self._nameless[path] = VolatileFile()
        file = self._file(path)
        if file is None and "O_CREAT" in call.arguments:
            file = VolatileFile()
            self._change(path, file)
        if file is not None and "O_TRUNC" in call.arguments and file.data:
            self._set(file, b"")
            file.is_cut = True
        if file is not None and "O_APPEND" in call.arguments:
            opened.offset = -1

    _open = _creat = _openat

    def _dup(self, call: SystemCall) -> None:
        self._open_files[call.result] = self._open_files.get(_number(call), _Open())

    _dup2 = _dup3 = _dup

    def _read(self, call: SystemCall) -> None:
        opened = self._open_files.get(_number(call))
        if opened is not None and opened.offset >= 0:
            opened.offset += int(call.result)

    def _lseek(self, call: SystemCall) -> None:
        opened = self._open_files.setdefault(_number(call), _Open())
        if opened.offset >= 0:
            opened.offset = int(call.result)

    def _write(self, call: SystemCall) -> None:
        file = self._described(call)
        if file is None:
            return
        data = b"".join(_bytes_of(part) for part in _STRING.findall(call.arguments))[: int(call.result)]
        opened = self._open_files.setdefault(_number(call), _Open(offset=-1))
        start = len(file.data) if opened.offset < 0 else opened.offset
        self._write_at(file, data, start, call)
        if opened.offset >= 0:
            opened.offset += len(data)

    _writev = _write

    def _pwrite64(self, call: SystemCall) -> None:
        file = self._described(call)
        if file is not None:
            data = b"".join(_bytes_of(part) for part in _STRING.findall(call.arguments))[: int(call.result)]
            self._write_at(file, data, int(call.arguments.rpartition(", ")[2]), call)

    _pwritev = _pwrite64

    def _ftruncate(self, call: SystemCall) -> None:
        file = self._described(call)
        length = int(call.arguments.rpartition(", ")[2])
        if file is not None and length != len(file.data):
            file.is_cut = file.is_cut or length < len(file.data)
            self._set(file, file.data[:length].ljust(length, b"\0"))

    def _rename(self, call: SystemCall) -> None:
        old, new = self._paths(call)[:2]
        file = self._file(old)
        if file is None:
            return
        if old.parent == new.parent:
            self._folders[old.parent].changes.append({old.name: None, new.name: file})
            self.is_changed = True
        else:
            self._change(new, file)
            self._change(old, None)

    _renameat = _renameat2 = _rename

    def _link(self, call: SystemCall) -> None:
        old, new = self._paths(call)[:2]
        if found := _OPEN_FILE.fullmatch(str(old)):
            old = self._open_files.get(found[1], _Open()).path or old
        file = self._file(old)
        if file is not None:
            self._change(new, file)

    _linkat = _link

    def _unlink(self, call: SystemCall) -> None:
        path = self._paths(call)[0]
        if self._file(path) is not None:
            self._change(path, None)

    _unlinkat = _unlink

    def _mkdir(self, call: SystemCall) -> None:
        path = self._paths(call)[0]
        if path.is_relative_to(self._root):
            self._folders.setdefault(path, VolatileFolder())

    _mkdirat = _mkdir

    def _fsync(self, call: SystemCall) -> None:
        found = _DESCRIPTOR.match(call.arguments)
        path = _path_of(found[2]) if found else Path()
        if path in self._folders:
            self._flush_folder(self._folders[path])
        elif (file := self._file(path)) is not None:
            self._flush_file(file)

    _fdatasync = _fsync

    def _sync(self, _call: SystemCall) -> None:
        for folder in self._folders.values():
            for file in folder.names().values():
                self._flush_file(file)
            self._flush_folder(folder)

    _syncfs = _sync

    def _flush_file(self, file: VolatileFile) -> None:
        self.is_changed = self.is_changed or not file.is_clean
        file.flushed, file.is_cut = file.data, False
        for folder in self._folders.values():
            for place, change in enumerate(folder.changes):
                if len(change) == 1 and file in change.values():  # it is new, and this is its name
                    [name] = change
                    folder.flushed[name] = file
                    for earlier in folder.changes[: place + 1]:  # whose word on the name is no longer the last
                        earlier.pop(name, None)
                    folder.changes = [each for each in folder.changes if each]
                    break

    def _flush_folder(self, folder: VolatileFolder) -> None:
        self.is_changed = self.is_changed or bool(folder.changes)
        folder.flushed, folder.changes = folder.names(), []

    def _file(self, path: Path) -> VolatileFile | None:
        folder = self._folders.get(path.parent)
        return self._nameless.get(path) or (folder.names().get(path.name) if folder else None)

    def _described(self, call: SystemCall) -> VolatileFile | None:
        found = _DESCRIPTOR.match(call.arguments)
        return self._file(_path_of(found[2])) if found else None

    def _paths(self, call: SystemCall) -> list[Path]:
        """The paths that a call names, each below the descriptor that stands before it."""
        base, paths = Path("/"), []
        for part in re.finditer(rf"{_DESCRIPTOR.pattern}|{_STRING.pattern}", call.arguments):
            if part[1] is not None:
                base = _path_of(part[2])
            else:
                paths.append(base / _path_of(part[3]))
        return paths

    def _change(self, path: Path, file: VolatileFile | None) -> None:
        folder = self._folders.get(path.parent)
        if folder is not None:
            folder.changes.append({path.name: file})
            self.is_changed = True

    def _set(self, file: VolatileFile, data: bytes) -> None:
        file.data = data
        self.is_changed = True

    def _write_at(self, file: VolatileFile, data: bytes, start: int, call: SystemCall) -> None:
        before = file.data.ljust(start, b"\0")
        self._set(file, before[:start] + data + before[start + len(data) :])
        opened = self._open_files.get(_number(call))
        if opened is not None and opened.is_flushed:
            self._flush_file(file)
