"""A request that was returned may live on: under threads, its status may be of a later moment than the call."""

from __future__ import annotations

from dataclasses import replace

from labelqueue.conformance.crash.scenes import NEXT
from labelqueue.conformance.models.core import ModelQueue
from labelqueue.conformance.overlap.threads import _has_live_requests
from labelqueue.conformance.overlap.ways import performing
from labelqueue.conformance.subjects.python_subject import PythonSubject
from labelqueue.spec import ABSENT


class Live(ModelQueue):
    """Marks a request where it is."""

    def marked(self, request, status):
        """Change the request itself."""
        vars(request)["status"] = status
        return request


def test_live_requests_are_known_by_what_a_mark_does_to_them():
    """Those of the model are new ones; a queue that cannot be asked has none."""

    def broken(*_):
        raise RuntimeError

    live = [_has_live_requests(PythonSubject("any", make)) for make in (Live, ModelQueue)]

    assert live == [True, False]
    assert not _has_live_requests(PythonSubject("broken", lambda *_: type("Queue", (), {"enqueue_drift": broken})()))


def test_their_status_is_left_out(tmp_path):
    """All else is told as it was returned."""
    live = replace(PythonSubject("live", Live), is_live=True)
    perform = performing(live.open(tmp_path / "queue.json", 1))

    assert perform(NEXT) == 1
    [request] = perform({"do": "get_pending"})
    marked = perform({"do": "mark_done", "request_id": request.request_id})

    assert (request.status, marked.status) == (ABSENT, ABSENT)
    assert (request.request_id, request.user_id) == (marked.request_id, NEXT["buckets"][0]["user_id"])
