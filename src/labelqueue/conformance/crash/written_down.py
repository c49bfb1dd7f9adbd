"""What is written down of a recorded system call: its data, paths, descriptors and places, out of strace's text.

Strings are hexadecimal there (`-xx`), and the path stands behind each descriptor (`-y`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from labelqueue.conformance.tracing.system_calls import SystemCall

__all__ = [
    "bytes_in",
    "descriptors_in",
    "first_text_in",
    "last_number_in",
    "path_behind",
    "paths_in",
    "places_in",
    "text_in",
]

_HEX: Final = re.compile(r"\\x([0-9a-f]{2})")
_STRING: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR: Final = re.compile(r"(\d+|AT_FDCWD)<([^>]*)>")
_PLACE: Final = re.compile(r", (?:NULL|\[(\d+)\](?: => \[\d+\])?)(?=,)")


def text_in(escaped: str) -> str:
    """Return a text whose bytes may be hexadecimal."""
    return _HEX.sub(lambda found: chr(int(found[1], 16)), escaped).encode("latin-1").decode("utf-8", "surrogateescape")


def bytes_in(call: SystemCall) -> bytes:
    """Return what a call wrote, as far as it did."""
    parts = (bytes.fromhex(part.replace("\\x", "")) for part in _STRING.findall(call.arguments))
    return b"".join(parts)[: int(call.result)]


def first_text_in(call: SystemCall) -> str:
    """Return the first string, as it was handed in."""
    found = _STRING.search(call.arguments)
    return text_in(found[1]) if found is not None else ""


def last_number_in(arguments: str) -> int:
    """Return the last argument, which is a number."""
    return int(arguments.rpartition(", ")[2])


def places_in(call: SystemCall) -> list[int | None]:
    """Return the places in files that a call names, in order; `None` for where a descriptor stands."""
    return [None if found is None else int(found) for found in (each[1] for each in _PLACE.finditer(call.arguments))]


def path_behind(call: SystemCall) -> Path:
    """Return the path of the descriptor that a call returned."""
    return Path(text_in(call.rest.partition("<")[2].rpartition(">")[0]))


def descriptors_in(call: SystemCall) -> list[tuple[str, Path]]:
    """Return the descriptors that a call names, in order, each with its path."""
    return [(number, Path(text_in(path))) for number, path in _DESCRIPTOR.findall(call.arguments)]


def paths_in(call: SystemCall) -> list[Path]:
    """Return the paths that a call names, in order, each below the descriptor that stands before it."""
    base, paths = Path("/"), []
    for part in re.finditer(rf"{_DESCRIPTOR.pattern}|{_STRING.pattern}", call.arguments):
        if part[1] is not None:
            base = Path(text_in(part[2]))
        else:
            paths.append(base / text_in(part[3]))
    return paths
