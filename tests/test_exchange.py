"""The exchange with other labeling tools: what goes out, and what comes back."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from labelqueue import LabelRequest
from labelqueue.exchange import FORMATS, Tool
from labelqueue.exchange.task import Answer

ID = "8404cad7-47d4-4b22-b364-a726a3573615"
OTHER = "8404cad7-47d4-4b22-b364-a726a3573616"


def request(**changes):
    values = {
        "request_id": ID,
        "user_id": "ada",
        "bucket_start_ts": "2026-01-15T09:00:00Z",
        "bucket_end_ts": "2026-01-15T09:15:00Z",
        "reason": "low_confidence",
        "confidence": 0.1 + 0.2,
        "predicted_label": 'say "hi", all',
        "created_at": "2026-01-15T12:00:00Z",
    }
    return LabelRequest(**(values | changes))


UNCERTAIN = request(request_id=OTHER, confidence=None, predicted_label=None, reason="drift")


def test_a_label_studio_task_has_data_and_a_prediction():
    """The task carries the request's id in its data; the prediction is there when there is a predicted label."""
    tasks = json.loads(FORMATS[Tool.LABEL_STUDIO].text_from([request(), UNCERTAIN]))

    data = {
        "text": "ada, 2026-01-15 09:00:00 to 2026-01-15 09:15:00 UTC",
        "request_id": ID,
        "user_id": "ada",
        "bucket_start_ts": "2026-01-15T09:00:00Z",
        "bucket_end_ts": "2026-01-15T09:15:00Z",
        "reason": "low_confidence",
        "confidence": 0.30000000000000004,
        "predicted_label": 'say "hi", all',
    }
    result = {"from_name": "label", "to_name": "bucket", "type": "choices", "value": {"choices": ['say "hi", all']}}
    assert tasks == [
        {"data": data, "predictions": [{"result": [result], "score": 0.30000000000000004}]},
        {"data": data | {"request_id": OTHER, "reason": "drift", "confidence": None, "predicted_label": None}},
    ]


def test_an_argilla_record_has_the_requests_id():
    """The record's own id is the request's; what is unknown is left out of metadata and suggestions."""
    records = json.loads(FORMATS[Tool.ARGILLA].text_from([request(), UNCERTAIN]))

    metadata = {
        "user_id": "ada",
        "bucket_start_ts": "2026-01-15T09:00:00Z",
        "bucket_end_ts": "2026-01-15T09:15:00Z",
        "reason": "low_confidence",
        "confidence": 0.30000000000000004,
    }
    record = {
        "id": ID,
        "fields": {"bucket": "ada, 2026-01-15 09:00:00 to 2026-01-15 09:15:00 UTC"},
        "metadata": metadata,
        "suggestions": {"label": {"value": 'say "hi", all', "score": 0.30000000000000004, "agent": None}},
        "responses": {},
        "vectors": {},
    }
    del metadata["confidence"]
    other = record | {"id": OTHER, "metadata": metadata | {"reason": "drift"}, "suggestions": {}}
    record["metadata"] = metadata | {"confidence": 0.30000000000000004}
    assert records == [record, other]


def test_a_table_has_two_columns_to_fill_in():
    """Every value comes out of a CSV reader as it went in; `label` is empty and `status` says pending."""
    text = FORMATS[Tool.CSV].text_from([request(), UNCERTAIN])

    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        [
            "request_id", "user_id", "bucket_start_ts", "bucket_end_ts", "reason", "confidence", "predicted_label",
            "label", "status",
        ],
        [
            ID, "ada", "2026-01-15T09:00:00Z", "2026-01-15T09:15:00Z", "low_confidence", "0.30000000000000004",
            'say "hi", all', "", "pending",
        ],
        [OTHER, "ada", "2026-01-15T09:00:00Z", "2026-01-15T09:15:00Z", "drift", "", "", "", "pending"],
    ]  # fmt: skip


CODING = {"result": [{"from_name": "label", "type": "choices", "value": {"choices": ["coding"]}}]}
RATING = {"result": [{"from_name": "rating", "type": "rating", "value": {"rating": 3}}], "was_cancelled": False}
CANCELLED = {"result": [], "was_cancelled": True}


@pytest.mark.parametrize(
    ("annotations", "status", "label"),
    [
        ([CODING], "labeled", "coding"),
        ([CANCELLED, CODING], "labeled", "coding"),
        ([RATING], "labeled", None),
        ([CANCELLED], "skipped", None),
        ([CODING | {"was_cancelled": True}], "skipped", None),
        ([CANCELLED, {"result": []}], None, None),
        ([{"result": [], "was_cancelled": False}], None, None),
        ([], None, None),
    ],
)
def test_label_studios_annotations(annotations, status, label):
    """A result that was not cancelled labels; what was only ever cancelled is skipped; the rest is no answer."""
    text = json.dumps([{"id": 7, "data": {"request_id": ID, "text": "…"}, "annotations": annotations}])

    assert FORMATS[Tool.LABEL_STUDIO].answers_in(text) == [Answer(ID, status, label)]


def test_a_label_studio_task_that_was_never_annotated():
    """What was exported here comes back unanswered, and a task of somebody else's carries no id."""
    text = json.dumps([*json.loads(FORMATS[Tool.LABEL_STUDIO].text_from([request()])), {"data": {"text": "theirs"}}])

    assert FORMATS[Tool.LABEL_STUDIO].answers_in(text) == [Answer(ID, None, None), Answer(None, None, None)]


@pytest.mark.parametrize(
    ("members", "status", "label"),
    [
        ({"responses": {"label": [{"value": "coding", "user_id": OTHER}]}, "status": "completed"}, "labeled", "coding"),
        ({"responses": {"label": [{"value": "coding", "user_id": OTHER}]}}, "labeled", "coding"),
        ({"responses": {"rating": [{"value": 3, "user_id": OTHER}]}, "status": "completed"}, "labeled", None),
        ({"responses": {"label": [{"value": "coding", "user_id": OTHER}]}, "status": "pending"}, None, None),
        ({"responses": {"label": []}, "status": "completed"}, None, None),
        ({"responses": {}, "status": "pending"}, None, None),
    ],
)
def test_argillas_responses(members, status, label):
    """A response labels a record that Argilla does not call pending still."""
    text = json.dumps([{"id": ID, "fields": {"bucket": "…"}, **members}])

    assert FORMATS[Tool.ARGILLA].answers_in(text) == [Answer(ID, status, label)]


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (f"{ID},coding,pending", Answer(ID, "labeled", "coding")),
        (f"{ID}, coding ,", Answer(ID, "labeled", "coding")),
        (f"{ID},,labeled", Answer(ID, "labeled", None)),
        (f"{ID},coding,skipped", Answer(ID, "skipped", "coding")),
        (f"{ID},,pending", Answer(ID, None, None)),
        (f"{ID}", Answer(ID, None, None)),
        (",coding,", Answer(None, "labeled", "coding")),
    ],
)
def test_a_tables_rows(row, answer):
    """A label labels, a status says what it says, and a row as it was exported is no answer."""
    assert FORMATS[Tool.CSV].answers_in(f"request_id,label,status\r\n{row}\r\n") == [answer]


@pytest.mark.parametrize(
    ("tool", "text", "message"),
    [
        (Tool.LABEL_STUDIO, "[", "is not JSON: Expecting value: line 1 column 2 (char 1)"),
        (Tool.LABEL_STUDIO, "{}", "is not a JSON array of tasks"),
        (Tool.ARGILLA, "[{}]", "item 0 is not a record with 'responses'; export with records.to_json"),
        (Tool.ARGILLA, '[{"responses": {}}, 1]', "item 1 is not a JSON object"),
        (
            Tool.LABEL_STUDIO,
            f'[{{"request_id": "{ID}", "label": "coding"}}]',
            "item 0 is not a task with 'data' and 'annotations'; export in the format JSON",
        ),
        (Tool.CSV, "", "has no column 'request_id', but none"),
        (Tool.CSV, "request_id;label;status\n", "has no column 'request_id', but 'request_id;label;status'"),
        (
            Tool.CSV,
            f"request_id,label,status\n{ID},,pending\n{ID},,done\n",
            "row 1, column 'status': 'done' is not 'labeled', 'skipped' or 'pending'",
        ),
    ],
)
def test_what_is_no_export_is_refused(tool, text, message):
    """A file of another kind is refused with the place and what is wrong there."""
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        FORMATS[tool].answers_in(text)

    assert str(caught.value) == message


@pytest.mark.parametrize("tool", [Tool.LABEL_STUDIO, Tool.ARGILLA, Tool.CSV])
def test_what_went_out_comes_back_unanswered(tool):
    """What nobody has touched holds an answer to nothing, and every id."""
    text = FORMATS[tool].text_from([request(), UNCERTAIN])

    assert FORMATS[tool].answers_in(text) == [Answer(ID, None, None), Answer(OTHER, None, None)]
