"""A volatile disk: what could be on the platter when the power goes.

It keeps apart what was written and what was flushed, and lists the states that a
power cut may leave:

- of a file's content: what was flushed last, what is written now, or something in
  between: a part of what was written since, over what was there, or the right length
  with zeros behind that.  What a file was cut to may be all that is left of it.
- of a folder's names: any beginning of the changes since its last flush, since file
  systems keep those in order.

The name of a new file or folder is there only when the folder above it was flushed, as
is a rename.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from labelqueue.conformance.crash.volatile import Entry, VolatileFile, VolatileFolder, VolatileLink
from labelqueue.spec import InconclusiveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Platter", "VolatileDisk"]

Platter = dict[Path, bytes | Path]
"""What is on the platter: the content of every file, and what every symbolic link leads to, by its path."""


class VolatileDisk:
    """A disk that forgets what was not flushed.

    Attributes:
        root: The folder on it.
        nameless: Files without a name, by what stands for it.
        is_changed: Whether something was written or flushed since this was set back.
    """

    def __init__(self, root: Path) -> None:
        """Take what lies below a folder as flushed.

        Args:
            root: An absolute path without symbolic links.
        """
        self.root = root
        self.nameless: dict[Path, VolatileFile] = {}  # by what stands for their names (O_TMPFILE)
        self.is_changed = False
        self._top = VolatileFolder()
        self.folders = [self._top]
        for path in sorted(root.rglob("*")):  # a folder before what is in it
            folder = self.folder(path.parent)
            if path.is_symlink() and folder is not None:
                folder.flushed[path.name] = VolatileLink(path.readlink())
            elif path.is_dir() and folder is not None:
                folder.flushed[path.name] = self._new_folder()
            elif path.is_file() and folder is not None:
                content = path.read_bytes()
                folder.flushed[path.name] = VolatileFile(content, content)

    def check(self, there: Platter) -> None:
        """Compare what the model holds with what is really there.

        Args:
            there: Every file and symbolic link below the folder.

        Raises:
            InconclusiveError: They differ; the program wrote in a way that no
                system call shows, such as a mapping of memory.
        """
        held = {path: file.data for path, file in self._files({}).items()}
        for path in sorted(held.keys() | there.keys()):
            # The index of SQLite's log is mapped, and made anew after a crash.
            if held.get(path) != there.get(path) and not path.name.endswith("-shm"):
                raise InconclusiveError(f"the program changes {path.name} in a way that the model disk does not know")

    def platters(self) -> Iterator[tuple[str, Platter]]:
        """Every state that a power cut may leave now, with what happened, in words."""
        changes = [len(folder.changes) for folder in self.folders]
        for counts in itertools.product(*(range(most + 1) for most in changes)):
            files = self._files(dict(zip(self.folders, counts, strict=True)))
            names = _without([c for folder, n in zip(self.folders, counts, strict=True) for c in folder.changes[n:]])
            for how in dict.fromkeys(how for file in files.values() for how in file.versions()):
                yield (
                    f"{names}, content {how}",
                    {path: file.versions().get(how, file.data) for path, file in files.items()},
                )
            if not files:
                yield names, {}

    def _files(self, counts: Mapping[VolatileFolder, int]) -> dict[Path, VolatileFile | VolatileLink]:
        """Every file and link by its path, after so many changes of the names of each folder that is counted."""
        files: dict[Path, VolatileFile | VolatileLink] = {}
        folders = [(self.root, self._top)]
        for path, folder in folders:
            for name, entry in folder.names(counts.get(folder)).items():
                if isinstance(entry, VolatileFolder):
                    folders.append((path / name, entry))
                else:
                    files[path / name] = entry
        return files

    def flush_file(self, file: VolatileFile) -> None:
        """Put a file on the platter as it is written; its name is its folder's."""
        self.is_changed = self.is_changed or not file.is_clean
        file.flushed, file.is_cut = file.data, False

    def flush_folder(self, folder: VolatileFolder) -> None:
        """Put the names of a folder on the platter."""
        self.is_changed = self.is_changed or bool(folder.changes)
        folder.flushed, folder.changes = folder.names(), []

    def entry(self, path: Path) -> Entry | None:
        """Return what a path stands for now, as far as it is on this disk."""
        if path in self.nameless or not path.is_relative_to(self.root):
            return self.nameless.get(path)
        found: Entry | None = self._top
        for name in path.relative_to(self.root).parts:
            found = found.entry(name) if isinstance(found, VolatileFolder) else None
        return found

    def file(self, path: Path) -> VolatileFile | None:
        """Return the file that a path stands for now."""
        found = self.entry(path)
        return found if isinstance(found, VolatileFile) else None

    def folder(self, path: Path) -> VolatileFolder | None:
        """Return the folder that a path stands for now."""
        found = self.entry(path)
        return found if isinstance(found, VolatileFolder) else None

    def make_folder(self, path: Path) -> None:
        """Make a folder."""
        if self.entry(path) is None:
            self.change(path, self._new_folder())

    def keep_folders(self) -> None:
        """Put the names of all folders on the platter, and no other names."""
        for folder in self.folders:
            for change in folder.changes:
                made = {name: entry for name, entry in change.items() if isinstance(entry, VolatileFolder)}
                folder.flushed |= made
                for name in made:
                    del change[name]

    def _new_folder(self) -> VolatileFolder:
        self.folders.append(VolatileFolder())
        return self.folders[-1]

    def change(self, path: Path, entry: Entry | None) -> None:
        """Let a path stand for something else, or for nothing."""
        folder = self.folder(path.parent)
        if folder is not None:
            folder.changes.append({path.name: entry})
            self.is_changed = True

    def change_both(self, old: Path, at_old: Entry | None, new: Path, at_new: Entry | None) -> None:
        """Change two names: at once where they are in one folder."""
        folder = self.folder(old.parent)
        if old.parent == new.parent and folder is not None:
            folder.changes.append({old.name: at_old, new.name: at_new})
            self.is_changed = True
        else:
            self.change(new, at_new)
            self.change(old, at_old)

    def set(self, file: VolatileFile, data: bytes) -> None:
        """Write the content of a file."""
        file.data = data
        self.is_changed = True

    def cut(self, file: VolatileFile | None, length: int) -> None:
        """Cut a file to a length, or lengthen it with zeros."""
        if file is not None and length != len(file.data):
            file.is_cut = file.is_cut or length < len(file.data)
            self.set(file, file.data[:length].ljust(length, b"\0"))


def _without(lost: Sequence[Mapping[str, Entry | None]]) -> str:
    """Say which changes of names are lost; a new folder among them takes with it what is in it."""
    if not lost:
        return "with every change of names"
    made = [name for change in lost for name, entry in change.items() if isinstance(entry, VolatileFolder)]
    return f"without the last {len(lost)} changes of names" + "".join(
        f", the folder {name} among them" for name in made
    )
