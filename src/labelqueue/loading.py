"""The loading: the bytes of a queue file as a ledger.

A file that the queue wrote itself is read as text, with every item checked; any
other goes through JSON, item by item, and is then rendered as the queue would have
written it.  Both ways end in the same ledger or in the same error.
"""

from __future__ import annotations

from labelqueue.canonical import Columns, NotCanonicalError, columns_in, text_of, time_of
from labelqueue.chunks import CLOSING, OPENING, Chunks, chunks_in
from labelqueue.document import requests_from_bytes
from labelqueue.ledger import Ledger

__all__ = ["ledger_from_bytes"]


def ledger_from_bytes(content: bytes, store: str) -> Ledger:
    """Read the whole content of a queue file.

    Args:
        content: The bytes of the file.
        store: The file's name, for the error.

    Raises:
        UnreadableStoreError: It is no queue file; names the item and the field.
    """
    try:
        return _canonical_ledger(content)
    except NotCanonicalError:
        return _any_ledger(content, store)


def _canonical_ledger(content: bytes) -> Ledger:
    if not (content.startswith(OPENING.encode()) and content.endswith(CLOSING.encode())):
        raise NotCanonicalError
    ledger = Ledger()
    chunks, counts = [], []
    for chunk in chunks_in(content):
        columns = columns_in(chunk)
        chunks.append(chunk)
        counts.append(len(columns.request_ids))
        ledger.append(Chunks(), columns)
    if not chunks or not ledger.are_ids_unique:
        raise NotCanonicalError
    ledger.append(Chunks(chunks, counts), Columns())
    return ledger


def _any_ledger(content: bytes, store: str) -> Ledger:
    requests = requests_from_bytes(content, store)
    ledger = Ledger()
    ledger.append(
        Chunks().extended(list(map(text_of, requests))),
        Columns(
            [request.request_id for request in requests],
            [request.user_id for request in requests],
            [time_of(request.bucket_start_ts) for request in requests],
            [request.confidence for request in requests],
            [time_of(request.created_at) for request in requests],
            [request.status for request in requests],
        ),
    )
    return ledger
