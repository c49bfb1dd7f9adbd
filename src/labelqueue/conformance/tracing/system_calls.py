"""System calls as strace writes them down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CHANGES", "FLUSHES", "STARTS", "TRACED", "SystemCall", "calls_in"]

_LINE: Final = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(.*)")
_TRACED: Final = (
    "open,openat,creat,close,dup,dup2,dup3,read,pread64,lseek,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,"
    "fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mknod,mknodat,mkdir,mkdirat,rmdir,"
    "chmod,fchmod,fchmodat,fsync,fdatasync,sync,syncfs,sync_file_range,copy_file_range,sendfile,splice,msync"
)
_LOOKS: Final = "newfstatat,statx"
_LOCKS: Final = "flock,fcntl"
_SOCKETS: Final = "sendto,sendmsg,recvfrom,recvmsg"
TRACED: Final = f"{_TRACED},{_LOOKS},{_LOCKS},{_SOCKETS}"
"""Every system call that is written down."""
STARTS: Final = "clone,clone3,fork,vfork"
"""Those that start a thread or a process."""
FLUSHES: Final = ("fsync", "fdatasync")
"""Those that flush one file or folder."""
_LEAVE: Final = {"close", "dup", "dup2", "dup3", "read", "pread64", "lseek"}
CHANGES: Final = tuple(name for name in _TRACED.split(",") if name not in _LEAVE)
"""Those that may change something on the disk."""
_READS: Final = frozenset({"open", "openat", "read", "pread64", "close", *_LOOKS.split(",")})
_ON_CONNECTIONS: Final = frozenset({*_SOCKETS.split(","), "read", "write", "writev"})
_ANSWERS: Final = frozenset({"write", "writev"})
_SOCKET: Final = re.compile(r"(\d+)<socket:")
_DESCRIPTOR: Final = re.compile(r"\d+<([^>]*)>")
_LOCKING: Final = re.compile(r"\bLOCK_(EX|SH)\b|\bF_(WR|RD)LCK\b")
_UNLOCKING: Final = re.compile(r"\bLOCK_UN\b|\bF_UNLCK\b")
_INJECTED: Final = "(INJECTED"
_WRITING_FLAGS: Final = ("O_WRONLY", "O_RDWR", "O_CREAT")


class SystemCall(NamedTuple):
    """One system call as it was recorded.

    Attributes:
        pid: The thread that made it.
        name: Its name.
        arguments: Its arguments as text.
        result: What it returned, as text.
        rest: What stands behind the result, such as the path of a descriptor or the error.
    """

    pid: int
    name: str
    arguments: str
    result: str
    rest: str

    @property
    def connection(self) -> int | None:
        """The descriptor of the connection over which it sent or received something, or `None` for any other call."""
        found = _SOCKET.match(self.arguments) if self.name in _ON_CONNECTIONS else None
        return None if found is None or self.result.startswith("-") else int(found[1])

    @property
    def sends(self) -> bool:
        """Whether it sends something, where it is over a connection."""
        return not self.name.startswith(("recv", "read"))

    @property
    def is_injected(self) -> bool:
        """Whether it was made to fail, or was interrupted."""
        return _INJECTED in self.rest

    @property
    def begins_answer(self) -> bool:
        """Whether it writes the beginning of an object into a pipe, where strings are cut off."""
        return self.writes_into_a_pipe and '"{' in self.arguments

    def ends_answer(self, pipe: str) -> bool:
        """Whether it writes the end of a line into a pipe, where strings are whole; an answer may come in pieces."""
        is_end = self.may_answer and self.path == _escaped(pipe) and _END_OF_LINE in self.arguments
        # A full pipe takes a part, or nothing, and the rest is written again.
        return is_end and self.result == str(sum(int(one or other) for one, other in _LENGTHS.findall(self.arguments)))

    @property
    def may_answer(self) -> bool:
        """Whether calls of its name answer requests."""
        return self.name in _ANSWERS

    @property
    def writes_into_a_pipe(self) -> bool:
        """Whether it is a write into a pipe, which an answer may be, whether strings are whole or cut off."""
        return self.may_answer and self.path.startswith(_PIPES)

    @property
    def reads(self) -> bool:
        """Whether calls of its name read what is on the disk."""
        return self.name in _READS

    @property
    def looks(self) -> bool:
        """Whether it asks about a file, and reads nothing of it."""
        return self.name in _LOOKS.split(",")

    def puts_in_place(self, store: Path) -> bool:
        """Whether it gave another file the name of the store."""
        return self.name.startswith(("rename", "link")) and self.result == "0" and f'"{store}"' in self.arguments

    @property
    def makes_a_file(self) -> bool:
        """Whether it made a file, or opened one that it would have made."""
        is_made = self.name.startswith("mknod") or (self.name.startswith("open") and "O_CREAT" in self.arguments)
        return is_made and not self.result.startswith("-")

    @property
    def path(self) -> str:
        """The file that its descriptor is for, or nothing."""
        found = _DESCRIPTOR.match(self.arguments)
        return found[1] if found else ""

    @property
    def locks(self) -> bool:
        """Whether it locks a file, or would like to."""
        return self._is_of_locks and _LOCKING.search(self.arguments) is not None

    @property
    def may_unlock(self) -> bool:
        """Whether it frees a lock on its file, if there is one; to close a file may free any lock on it."""
        return self.name == "close" or (self._is_of_locks and _UNLOCKING.search(self.arguments) is not None)

    @property
    def _is_of_locks(self) -> bool:
        return self.name in _LOCKS.split(",")

    @property
    def changes(self) -> bool:
        """Whether it changes something on the disk, if it succeeds."""
        if self.name in ("open", "openat"):
            return any(flag in self.arguments for flag in _WRITING_FLAGS)
        return self.name in CHANGES


def calls_in(file: Path, alone: int | None) -> list[SystemCall]:
    """Read a record of strace; a call that was cut in two by another thread is put together again.

    It stands where it returned, and what may be an answer where it began: whoever waits for it may have it, and
    ask for more, before the thread that wrote it is heard of again.

    Args:
        file: The record.
        alone: The only thread that was watched, if one was: its id is not written then.
    """
    found: list[SystemCall | None] = []
    begun: dict[str, tuple[str, int]] = {}
    for line in file.read_text(encoding="ascii", errors="replace").splitlines():
        pid, _, text = line.partition(" ") if alone is None else (str(alone), "", line)
        text = text.lstrip()
        if text.endswith("<unfinished ...>"):
            begun[pid] = text.removesuffix(" <unfinished ...>"), len(found)
            found.append(None)
            continue
        place = None
        if text.startswith("<..."):
            beginning, place = begun.pop(pid, ("", None))
            text = beginning + text.partition("resumed>")[2]
        if text.startswith("--- SIGINT "):  # which strace marks nowhere else
            last, call = max((n, call) for n, call in enumerate(found) if call is not None and call.pid == int(pid))
            found[last] = call._replace(rest=_INJECTED)
        matched = _LINE.fullmatch(f"{pid} {text}")
        if matched:
            thread, name, arguments, result, rest = matched.groups()
            call = SystemCall(int(thread), name, arguments, result, rest)
            if place is not None and call.writes_into_a_pipe:
                found[place] = call
            else:
                found.append(call)
    return [call for call in found if call is not None]


def _escaped(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode("ascii"))


_LENGTHS: Final = re.compile(r"iov_len=(\d+)|\", (\d+)$")
_PIPES: Final = ("pipe:", _escaped("pipe:"))
_END_OF_LINE: Final = f'{_escaped(chr(10))}"'
