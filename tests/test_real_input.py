"""The main job on something real: a classifier's own doubts about handwritten digits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from labelqueue import ActiveLabelingQueue


def test_a_classifiers_doubts_are_asked_about_and_answered(path, clock):
    """Hundreds of predictions become a queue of doubts, which a human works off, day by day, over reopenings."""
    images, digits = load_digits(return_X_y=True)
    seen, unseen, known, _ = train_test_split(images, digits, train_size=200, random_state=0)
    model = LogisticRegression(max_iter=200).fit(seen / 16, known)
    probabilities = model.predict_proba(unseen[:400] / 16)
    starts = pd.date_range(datetime(2026, 1, 10, tzinfo=UTC), periods=400, freq="15min")
    predictions = pd.DataFrame(
        {
            "user_id": ["ada" if n % 3 else "grace" for n in range(400)],
            "bucket_start_ts": starts,
            "bucket_end_ts": starts + timedelta(minutes=15),
            "confidence": probabilities.max(axis=1),
            "predicted_label": [str(digit) for digit in model.classes_[probabilities.argmax(axis=1)]],
        }
    )
    doubtful = predictions[predictions["confidence"] < 0.55]
    assert 40 < len(doubtful) < 400

    queue = ActiveLabelingQueue(path, max_asks_per_day=20)
    assert queue.enqueue_low_confidence(predictions) == len(doubtful)
    assert queue.enqueue_low_confidence(predictions) == 0

    most_doubtful = doubtful.sort_values("confidence", kind="stable").head(20)
    asked = queue.get_pending()
    assert [r.confidence for r in asked] == most_doubtful["confidence"].tolist()
    assert [r.predicted_label for r in asked] == most_doubtful["predicted_label"].tolist()
    for number, request in enumerate(asked):
        queue.mark_done(request.request_id, "skipped" if number % 5 == 0 else "labeled")
    assert queue.get_pending() == []

    reopened = ActiveLabelingQueue(path)
    assert reopened.all_items == queue.all_items
    assert reopened.get_pending() == []
    clock.shift(timedelta(days=1))
    assert len(reopened.get_pending(user_id="grace")) == min(
        20, sum(r.status == "pending" and r.user_id == "grace" for r in reopened.all_items)
    )
