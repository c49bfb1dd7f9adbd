"""The chunks: the rendered requests of a queue file, a few hundred to a piece.

A change writes the whole file, but renders only what changed: the text of every
other request is kept as it was read or written.  Kept one by one, the texts would
cost memory, and a walk over all of them at every change; kept as one, a copy of
everything.  A chunk is small enough to be taken apart in microseconds, and so large
that the number of chunks does not matter.

The text of a request here is its members as they stand in the file, without the
braces around them, as `labelqueue.canonical` writes them.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CLOSING", "OPENING", "SEAM", "Chunks", "chunks_in"]

_LENGTH: Final = 256
_SIZE: Final = 90_000

OPENING: Final = "[\n  {\n"
"""What stands before the first request of a file."""

SEAM: Final = "\n  },\n  {\n"
"""What stands between two requests.

It is nowhere else: no text holds a line break, and what is nested in a request is
indented deeper.
"""

CLOSING: Final = "\n  }\n]"
"""What stands behind the last request."""


class Chunks:
    """Rendered requests in enqueue order; a value, which never changes."""

    __slots__ = ("_chunks", "_counts", "_ends")

    def __init__(self, chunks: Iterable[bytes | memoryview] = (), counts: Iterable[int] = ()) -> None:
        """Take chunks as they are.

        Args:
            chunks: Texts joined by `SEAM`, at least one to a chunk.
            counts: How many texts there are in each.
        """
        self._chunks = list(chunks)
        self._counts = list(counts)
        self._ends = list(accumulate(self._counts))

    def __len__(self) -> int:
        """Count the requests."""
        return sum(self._counts)

    def parts(self) -> Iterator[bytes | memoryview]:
        """Iterate over the bytes of the file, in pieces; at least one request is there."""
        lead = OPENING.encode()
        for chunk in self._chunks[:-1]:
            # Not put together, which would copy all of a large file.
            yield lead
            yield chunk
            lead = SEAM.encode()
        yield lead + self._chunks[-1] + CLOSING.encode()

    def texts(self) -> Iterator[str]:
        """Iterate over the texts of all requests."""
        return chain.from_iterable(map(_texts_in, self._chunks))

    def text(self, place: int) -> str:
        """Return the text of the request at a place."""
        number = bisect_right(self._ends, place)
        return _texts_in(self._chunks[number])[place - self._ends[number]]

    def replaced(self, place: int, text: str) -> Chunks:
        """Return chunks with another text at a place."""
        number = bisect_right(self._ends, place)
        texts = _texts_in(self._chunks[number])
        texts[place - self._ends[number]] = text
        chunks = self._chunks.copy()
        chunks[number] = _chunk_of(texts)
        return Chunks(chunks, self._counts)

    def extended(self, texts: list[str]) -> Chunks:
        """Return chunks with further texts behind those that are there."""
        chunks, counts = self._chunks, self._counts
        if counts and counts[-1] < _LENGTH:
            texts = [*_texts_in(chunks[-1]), *texts]
            chunks, counts = chunks[:-1], counts[:-1]
        further = [texts[start : start + _LENGTH] for start in range(0, len(texts), _LENGTH)]
        return Chunks([*chunks, *map(_chunk_of, further)], [*counts, *map(len, further)])


def chunks_in(content: bytes) -> Iterator[memoryview]:
    """Cut the bytes of a file into chunks, which share its memory.

    Args:
        content: What `Chunks.parts` makes; of anything else, the chunks are not
            what the file holds.
    """
    seam, view = SEAM.encode(), memoryview(content)
    start, last = len(OPENING), len(content) - len(CLOSING)
    while start <= last:
        end = content.find(seam, start + _SIZE, last)
        end = last if end < 0 else end
        yield view[start:end]
        start = end + len(seam)


def _texts_in(chunk: bytes | memoryview) -> list[str]:
    return str(chunk, "ascii").split(SEAM)


def _chunk_of(texts: list[str]) -> bytes:
    return SEAM.join(texts).encode("ascii")
