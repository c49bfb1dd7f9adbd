"""New content comes in pieces, and all of it arrives."""

from __future__ import annotations

import os

import pytest

from labelqueue.file import Replacement


@pytest.mark.parametrize("most", [1, 7, 10**6])
def test_short_writes_are_gone_on_with(tmp_path, monkeypatch, most):
    """However little the system writes at once, all of the pieces arrive, in order."""
    pieces = [b"", b"ab", memoryview(b"cdefgh"), b"", b"i" * 5_000, b"j"]
    writev = os.writev

    def short(descriptor, buffers):
        first = next(each for each in buffers if each)
        return writev(descriptor, buffers if most > 10 else [first[:most]])

    monkeypatch.setattr(os, "writev", short)
    replacement = Replacement(tmp_path / "q.json")

    replacement.write(pieces)
    replacement.publish()

    assert (tmp_path / "q.json").read_bytes() == b"".join(pieces)


def test_more_pieces_than_fit_into_one_call_are_written(tmp_path):
    """The system takes so many at once and no more."""
    pieces = [str(number).encode() for number in range(3_000)]
    replacement = Replacement(tmp_path / "q.json")

    replacement.write(pieces)
    replacement.publish()

    assert (tmp_path / "q.json").read_bytes() == b"".join(pieces)
