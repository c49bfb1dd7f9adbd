"""Beside: what stands in a store, read through another handle than the one that is examined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from labelqueue.conformance.subjects.subject import RefusedError
from labelqueue.errors import shown
from labelqueue.spec import Refusal, Seen

if TYPE_CHECKING:
    from pathlib import Path

    from labelqueue.conformance.subjects.store import StoreFolder
    from labelqueue.conformance.subjects.subject import Subject

__all__ = ["Beside", "requests_in"]

_CAP: Final = 1  # its own, which must not become anybody else's


class Beside:
    """Another handle over a store, opened anew for every reading."""

    def __init__(self, subject: Subject, store: StoreFolder) -> None:
        """Say what is read.

        Args:
            subject: The subject.
            store: The store.
        """
        self._subject = subject
        self._store = store

    def items(self) -> tuple[Seen, ...] | str:
        """Read the store, or a copy of it where it is a path: some hold theirs for themselves.

        Returns:
            The requests, or why there are none, in words.
        """
        if self._subject.claims.store != "path":
            return self.items_now()
        return self.items_of(self._store.copy()) if self._store.is_there else ()

    def items_of(self, copy: Path) -> tuple[Seen, ...] | str:
        """Read a copy and remove it; as `items`."""
        try:
            return self._read(copy)
        finally:
            self._store.discard(copy)

    def items_now(self) -> tuple[Seen, ...] | str:
        """Read the store itself; as `items`."""
        return self._read(self._store.path)

    def _read(self, store: Path) -> tuple[Seen, ...] | str:
        try:
            handle = self._subject.in_another_process().open(store, _CAP)
            try:
                value = handle.all_items().value
            finally:
                handle.close()
        except RefusedError as refused:
            return refused.refusal.message
        requests = requests_in(value)
        return requests.message if isinstance(requests, Refusal) else requests


def requests_in(value: Any) -> tuple[Seen, ...] | Refusal:  # noqa: ANN401 - anything the subject returns
    """Read what `all_items` returned as requests, or say why it is no list of them."""
    if not isinstance(value, list):
        return Refusal("other", f"found all_items to be {shown(value)}, not a list")
    for item in value:
        if not isinstance(item, Seen):
            return Refusal("other", f"found {shown(item)} in all_items, which is no request")
    return tuple(value)
