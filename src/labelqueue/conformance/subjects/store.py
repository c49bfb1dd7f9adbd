"""The store of a subject, where it is a path: a folder of its own, watched from outside.

Nothing here knows what a subject writes.  A file counts as written when its
modification time, its size or its inode is another.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from labelqueue.spec.queue_file import FileState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

__all__ = ["StoreFolder"]

_MOST_LINKS: Final = 40
_SHORT_S: Final = 0.001
_SECOND_NS: Final = 1_000_000_000
_MTIMES: Final[dict[str, Callable[[int], int]]] = {
    "same": lambda ns: ns,
    "same second": lambda ns: ns - ns % _SECOND_NS + (ns + 1_000_000) % _SECOND_NS,
    "older": lambda ns: ns - 10 * _SECOND_NS,
    "long ago": lambda _: 1_577_836_800 * _SECOND_NS,  # 2020, before every clock that the kit sets
}
_WRITES_NOTHING: Final = frozenset({"builtins", "_abc", "_json", "_signal", "_stat", "_warnings", "math", "sys"})
_Look = dict[str, tuple[int, int, int]]


class StoreFolder:
    """A temporary folder in which one store lives, at `path`.

    The folders of the store do not exist at first, so that a subject has to
    create them (KEEP-3); they are there, and empty, where that is asked for.
    """

    def __init__(self, *, has_folder: bool = False) -> None:
        """Make the temporary folder, and nothing in it but the folder of the store where asked."""
        self._root = Path(tempfile.mkdtemp(prefix="labelqueue-"))
        self._live = self._root / "live"
        self._live.mkdir()
        self._copies = (self._root / f"copy-{n}" for n in itertools.count())
        self.path = _store_in(self._live)
        if has_folder:
            self.path.parent.mkdir(parents=True)

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        shutil.rmtree(self._root, ignore_errors=True)

    @property
    def is_there(self) -> bool:
        """Whether something exists at the path or beside it, but for a lock."""
        folder = self.path.parent
        return folder.exists() and any(not name.endswith(".lock") for name in os.listdir(folder))  # noqa: PTH208 - names

    def file(self) -> FileState | None:
        """Return the file at the path as it is now; `None` where the store is no file."""
        if self.path.is_dir():
            return None
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode)
            return FileState(self.path.read_bytes(), mode, _links_at(self.path))
        except FileNotFoundError:
            return FileState(None, None, _links_at(self.path))

    def change(self, step: Mapping[str, Any]) -> None:
        """Do to the file what another program would do.

        Args:
            step: A `store` step: `items`, `text` or `hex` replace the content, and `replace`
                one text in it by another, as an editor does, by another file that is renamed
                over it, or, with `in_place`, in the file that is there; `remove` deletes it; `mode`
                sets its permission bits; `link` puts a symbolic link in its place, or
                lets the one that is there lead to another file with that content;
                `mtime` sets the time of the change to that of the last one, to the same
                second, to an older one, or to one long ago.
                What is done to a file that is not there does nothing.
        """
        content = _content_of(step, self.path)
        if content is not None and step.get("link") == "another":
            self._lead_to_another(content)
        elif content is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            target = self.path.resolve()
            modified_ns = target.stat().st_mtime_ns if target.exists() else None
            if step.get("in_place"):
                # What has the same time, too, could be told by nobody.
                self._wait_for_a_tick({target.stat().st_ctime_ns} if target.exists() else ())
                target.write_bytes(content)
            else:
                beside = target.with_name("written-by-another-program")
                beside.write_bytes(content)
                if target.exists():
                    beside.chmod(stat.S_IMODE(target.stat().st_mode))
                beside.replace(target)
            if modified_ns is not None and "mtime" in step:
                moved_ns = _MTIMES[step["mtime"]](modified_ns)
                os.utime(target, ns=(moved_ns, moved_ns))
        if not self.path.exists():
            return  # a subject that wrote no file has none that could be deleted or moved
        if step.get("remove"):
            self.path.unlink()
        if "mode" in step:
            self.path.chmod(int(step["mode"], 8))
        if step.get("link") and not self.path.is_symlink():
            elsewhere = self._live / "elsewhere"
            elsewhere.mkdir(exist_ok=True)
            self.path.replace(elsewhere / "target.json")
            self._link(elsewhere / "target.json", step["link"])

    def _lead_to_another(self, content: bytes) -> None:
        number = len(list(self._live.glob("another-*")))
        another = self._live / f"another-{number}" / "target.json"  # the one before is still there
        another.parent.mkdir()
        another.write_bytes(content)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(another)

    def copy(self) -> Path:
        """Copy the store as it is now, and return the path of the copy."""
        folder = next(self._copies)
        shutil.copytree(self._live, folder, symlinks=True)
        return _store_in(folder)

    def discard(self, copy: Path) -> None:
        """Remove a copy."""
        shutil.rmtree(copy.parents[2], ignore_errors=True)

    def _link(self, target: Path, how: Any) -> None:  # noqa: ANN401 - true, or which kind of link
        if how == "chain":
            target, last = target.with_name("middle.json"), target
            target.symlink_to(last)
        if how == "dangling":
            target.unlink()
        self.path.symlink_to(os.path.relpath(target, self.path.parent) if how == "relative" else target)

    def look_before(self) -> _Look:
        """Return what is there, once every write from now on will show in it.

        The clock of a file system ticks, every few milliseconds: a file that is written
        twice within a tick looks as it did.  So this waits for the next tick where need
        be.  To make files older instead would be a change from outside, after which a
        subject would never be seen to go on with what it remembers.
        """
        found = self.look()
        self._wait_for_a_tick({modified_ns for _, _, modified_ns in found.values()})
        return found

    def _tick_ns(self) -> int:
        """Return the time that the file system gives to what is written now."""
        probe = self._root / "tick"
        probe.touch()
        return probe.stat().st_mtime_ns

    def _wait_for_a_tick(self, times_ns: Collection[int]) -> None:
        """Wait until what is written now has another time than these."""
        while self._tick_ns() in times_ns:
            time.sleep(_SHORT_S)

    def look(self) -> _Look:
        """Return what is there: for every name its inode, size and modification time."""
        found: _Look = {}
        _scan(str(self._live), "", found)
        return found

    def written_since(self, before: _Look, *, counts_folders: bool = False) -> tuple[str, ...]:
        """Name the files that were written or removed; a lock's sidecar does not count.

        Args:
            before: What was there.
            counts_folders: Whether a folder that was made counts as well.
        """
        after = self.look()
        names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        folders = {name for name in names if name.endswith("/")}
        files = {name for name in names - folders if not name.endswith(".lock")}
        return tuple(sorted(files | (folders - set(before) if counts_folders else set())))

    def created_since(self, before: _Look) -> tuple[str, ...]:
        """Name the files and folders that appeared."""
        return tuple(sorted(set(self.look()) - set(before)))

    @contextmanager
    def watched(self, copies: list[Path]) -> Iterator[None]:
        """Copy the store at every moment of a call at which it looks different.

        The profile hook of the interpreter is called after each function of C,
        and only those touch files; no code of the subject's is touched.

        Args:
            copies: Where the paths of the copies are put, in order.
        """
        last = self.look()

        def hook(_frame: object, event: str, function: object) -> None:
            nonlocal last
            if event not in ("c_return", "c_exception") or _cannot_write(function):
                return
            # Another thread of the subject's may be writing: what goes while it is looked at is no moment's state,
            # nor is a copy during which something changed.
            with suppress(OSError):
                now = self.look()
                if now != last:
                    last, copy = now, self.copy()
                    if self.look() == now:
                        copies.append(copy)
                    else:
                        self.discard(copy)

        before = sys.getprofile()
        sys.setprofile(hook)
        try:
            yield
        finally:
            # A profiler that is written in C cannot be put back; it then ends here.
            sys.setprofile(before if callable(before) else None)


def _cannot_write(function: object) -> bool:
    """Whether a function of C is Python's own and touches no file; most of those that are called."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, ModuleType):
        name = getattr(function, "__name__", "")
        return owner.__name__ in _WRITES_NOTHING and name not in ("print", "open", "exec")
    kind = owner if isinstance(owner, type) else type(owner)
    return kind.__module__ in ("builtins", "collections", "datetime", "re") and owner is not None


def _content_of(step: Mapping[str, Any], path: Path) -> bytes | None:
    if "replace" in step:
        old, new = (text.encode() for text in step["replace"])
        return _plainly(path.read_bytes(), old).replace(old, new) if path.is_file() else None
    if "items" in step:
        return json.dumps(step["items"]).encode()
    if "text" in step:
        text: str = step["text"]
        return text.encode()
    return bytes.fromhex(step["hex"]) if "hex" in step else None


def _plainly(content: bytes, text: bytes) -> bytes:
    """Return content in which a text stands wherever it is meant: some write it by escapes."""
    try:
        plain = json.dumps(json.loads(content)).encode()
    except ValueError:
        return content
    return content if content.count(text) == plain.count(text) else plain


def _store_in(folder: Path) -> Path:
    return folder / "stores" / "one" / "queue.json"  # two folders, both of which the first change has to make


def _links_at(path: Path) -> tuple[str, ...]:
    """Name what the symbolic links from a path lead to; a ring of them is more than anybody makes."""
    names: list[str] = []
    while path.is_symlink() and len(names) < _MOST_LINKS:
        path = path.parent / path.readlink()
        names.append(path.name)
    return tuple(names)


def _scan(folder: str, prefix: str, found: _Look) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # it went while we looked
                continue
            if entry.is_dir(follow_symlinks=False):
                found[f"{prefix}{entry.name}/"] = (status.st_ino, 0, 0)
                _scan(entry.path, f"{prefix}{entry.name}/", found)
            else:
                found[f"{prefix}{entry.name}"] = (status.st_ino, status.st_size, status.st_mtime_ns)
