"""Label Studio's tasks, in its *basic JSON format*.

Written as <https://labelstud.io/guide/tasks#Basic-Label-Studio-JSON-format> and
<https://labelstud.io/guide/predictions> say: an array of tasks, each with `data`,
which the labeling configuration refers to and which comes back unchanged, and the
model's label as a prediction with its score.  Read as
<https://labelstud.io/guide/export> says of its JSON format: a task holds its
`annotations`, of which one with `was_cancelled` was skipped.

The names in the predictions are those of this labeling configuration:

```xml
<View>
  <Text name="bucket" value="$text"/>
  <Choices name="label" toName="bucket">
    <Choice value="coding"/>
  </Choices>
</View>
```
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labelqueue.exchange.task import Answer, objects_in, question, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelqueue.contract import DoneStatus
    from labelqueue.request import LabelRequest

__all__ = ["answers_in", "text_from"]


def text_from(requests: Sequence[LabelRequest]) -> str:
    """Write requests as tasks to import, one per request, in their order."""
    return json.dumps([_task(request) for request in requests], indent=2) + "\n"


def answers_in(text: str) -> list[Answer]:
    """Read the tasks of an export in the format JSON, one answer per task, in their order.

    A task is labeled when one of its annotations holds a result and was not
    cancelled, and skipped when all of them were cancelled.

    Raises:
        ValueError: It is no such export; the message is a clause that continues
            the file's name.
    """
    return [_answer(place, task) for place, task in enumerate(objects_in(text))]


def _task(request: LabelRequest) -> dict[str, Any]:
    task: dict[str, Any] = {"data": {"text": question(request), **values_of(request)}}
    if request.predicted_label is not None:
        value = {"choices": [request.predicted_label]}
        prediction: dict[str, Any] = {
            "result": [{"from_name": "label", "to_name": "bucket", "type": "choices", "value": value}]
        }
        if request.confidence is not None:
            prediction["score"] = request.confidence
        task["predictions"] = [prediction]
    return task


def _answer(place: int, task: dict[str, Any]) -> Answer:
    data, annotations = task.get("data"), task.get("annotations", [])
    if not isinstance(data, dict) or not isinstance(annotations, list):
        raise ValueError(f"item {place} is not a task with 'data' and 'annotations'; export in the format JSON")  # noqa: TRY004
    request_id = data.get("request_id")
    given = [each for each in annotations if isinstance(each, dict)]
    cancelled = [each for each in given if each.get("was_cancelled")]
    labeled = [each for each in given if each.get("result") and each not in cancelled]
    status: DoneStatus | None = "labeled" if labeled else "skipped" if cancelled and cancelled == given else None
    return Answer(
        request_id if isinstance(request_id, str) else None, status, _label(labeled[0]["result"]) if labeled else None
    )


def _label(results: object) -> str | None:
    # Configurations differ; only what a choice says is known to be a label.
    for result in results if isinstance(results, list) else []:
        value = result.get("value") if isinstance(result, dict) else None
        choices = value.get("choices") if isinstance(value, dict) else None
        if isinstance(choices, list) and choices:
            return ", ".join(map(str, choices))
    return None
