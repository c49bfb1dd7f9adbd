"""Argilla's records, as its `Dataset.records.to_json` writes and `from_json` reads them.

Both are documented at
<https://docs.argilla.io/latest/reference/argilla/datasets/dataset_records>, the
record and its members at
<https://docs.argilla.io/latest/reference/argilla/records/records>: an array of
records, each with an `id` of the caller's own, which is the request's here, and
`fields`, `metadata`, `suggestions` and `responses` by name.

The field is called `bucket` and the question `label`.  Argilla leaves out whether
somebody discarded a record, so nothing comes back as skipped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labelqueue.exchange.task import Answer, objects_in, question, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelqueue.request import LabelRequest

__all__ = ["answers_in", "text_from"]


def text_from(requests: Sequence[LabelRequest]) -> str:
    """Write requests as records to import, one per request, in their order."""
    return json.dumps([_record(request) for request in requests], indent=2) + "\n"


def answers_in(text: str) -> list[Answer]:
    """Read exported records, one answer per record, in their order.

    A record is labeled when it has a response and Argilla calls it `completed`.
    A response to one that it still calls `pending` may be a draft, or the first
    of several that the dataset asks for.

    Raises:
        ValueError: It is no such export; the message is a clause that continues
            the file's name.
    """
    return [_answer(place, record) for place, record in enumerate(objects_in(text))]


def _record(request: LabelRequest) -> dict[str, Any]:
    values = values_of(request)
    request_id, label = values.pop("request_id"), values.pop("predicted_label")
    suggestion = {"value": label, "score": request.confidence, "agent": None}
    return {
        "id": request_id,
        "fields": {"bucket": question(request)},
        "metadata": {name: value for name, value in values.items() if value is not None},
        "suggestions": {} if label is None else {"label": suggestion},
        "responses": {},
        "vectors": {},
    }


def _answer(place: int, record: dict[str, Any]) -> Answer:
    responses = record.get("responses")
    if not isinstance(responses, dict):
        raise ValueError(f"item {place} is not a record with 'responses'; export with records.to_json")  # noqa: TRY004
    request_id = record.get("id")
    given = [each for of_question in responses.values() if isinstance(of_question, list) for each in of_question]
    is_labeled = bool(given) and record.get("status", "completed") == "completed"
    return Answer(
        request_id if isinstance(request_id, str) else None,
        "labeled" if is_labeled else None,
        _label(responses.get("label")) if is_labeled else None,
    )


def _label(responses: object) -> str | None:
    first = responses[0] if isinstance(responses, list) and responses else None
    value = first.get("value") if isinstance(first, dict) else None
    return value if isinstance(value, str) else None
