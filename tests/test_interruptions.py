"""Interruptions: what DUR-1 to DUR-4 and SHARE-4 say of a call that was cut off."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from labelqueue.conformance.crash.aftermath import afterwards
from labelqueue.conformance.crash.errors_of_calls import is_half_open
from labelqueue.conformance.crash.scenes import NEXT
from labelqueue.conformance.steps import call_of
from labelqueue.conformance.tracing.system_calls import SystemCall
from labelqueue.errors import shown
from labelqueue.spec import REQUIREMENTS, Interruption, Refusal
from test_histories import drift, mark, request

BEFORE = (request(0),)
AFTER = (request(0), replace(request(1), request_id="new"))
NO_SPACE = Refusal("other", "raised OSError: [Errno 28] No space left on device")
FAILED = Interruption(
    kind="failure",
    how="write number 1 failed with ENOSPC",
    call=drift(1),
    before=BEFORE,
    cause="ENOSPC",
    refusal=NO_SPACE,
    memory=BEFORE,
    stored=BEFORE,
    after_retry=AFTER,
    leftovers=(),
)
OF_NODE = "answered error -32000: ENOSPC: no space left on device, fsync"
MARKED = replace(
    FAILED,
    call=mark(0),
    refusal=None,
    result=request(0, "labeled"),
    stored=(request(0, "labeled"),),
    memory=(request(0, "labeled"),),
    after_retry=(request(0, "labeled"),),
)
INTERRUPTED = replace(
    FAILED,
    how="rename number 1 was interrupted",
    cause="SIGINT",
    refusal=Refusal("other", "answered error -32000: raised KeyboardInterrupt: it may have been made"),
    stored=AFTER,
    memory=AFTER,
    after_retry=AFTER,
)
KILLED = Interruption(
    kind="kill",
    how="killed before rename number 1",
    call=mark(0),
    before=BEFORE,
    stored=BEFORE,
    next=AFTER,
    next_call=drift(1),
    leftovers=(),
)
CUT = Interruption(kind="power cut", how="power cut", call=drift(1), before=AFTER, stored=AFTER, allowed=(AFTER,))


def problems(interruption):
    return {name: found for name, r in REQUIREMENTS.items() if (found := r.judge(interruption))}


@pytest.mark.parametrize(
    "interruption",
    [
        FAILED,
        replace(FAILED, refusal=None, result=1, stored=AFTER, memory=AFTER, after_retry=AFTER),
        MARKED,
        replace(
            FAILED,
            refusal=Refusal("other", "raised OSError: it may not survive a power cut: [Errno 28] No space left"),
            stored=AFTER,
            memory=AFTER,
        ),
        replace(FAILED, refusal=Refusal("other", "answered error -32000: database or disk is full")),
        replace(FAILED, refusal=Refusal("other", "answered error -32000: write queue.json: no space left on device")),
        replace(FAILED, memory=None, after_retry=None),
        INTERRUPTED,
        replace(FAILED, after_retry=None, next=AFTER, next_call=drift(1)),
        KILLED,
        replace(KILLED, stored=(request(0, "labeled"),), next=(request(0, "labeled"), AFTER[1])),
        CUT,
    ],
)
def test_what_the_contract_permits_is_not_accused(interruption):
    """The old state, or the new one with a word about it; a cause in other words; a whole state after a kill."""
    assert problems(interruption) == {}


@pytest.mark.parametrize(
    ("interruption", "expected"),
    [
        (
            replace(FAILED, refusal=None, result=1),
            {
                "DUR-1": [
                    f"{FAILED.how}: enqueue_drift returned 1 as if all were well, but the store is as before the call"
                ]
            },
        ),
        (
            replace(FAILED, refusal=Refusal("other", "raised Failed: could not be saved")),
            {"DUR-1": [f"{FAILED.how}: the error hides the cause: enqueue_drift raised Failed: could not be saved"]},
        ),
        (
            replace(FAILED, refusal=None, result=1, stored=AFTER, memory=AFTER, unflushed="its content"),
            {
                "DUR-1": [
                    f"{FAILED.how}: enqueue_drift returned 1 as if all were well, but its content was never flushed"
                ],
                "DUR-4": [f"{FAILED.how}: enqueue_drift was acknowledged, and its content was never flushed"],
            },
        ),
        (
            replace(FAILED, refusal=None, result=0, stored=AFTER, memory=AFTER),
            {"DUR-1": [f"{FAILED.how}: enqueue_drift returned 0, and added 1"]},
        ),
        (
            replace(MARKED, result=BEFORE[0]),
            {"DUR-1": [f"{FAILED.how}: mark_done returned {shown(BEFORE[0])}, and the store holds the request marked"]},
        ),
        (
            replace(KILLED, next="cannot be opened", is_ruined=True),
            {"DUR-3": [f"{KILLED.how}: after the next change of another process the store cannot be opened"]},
        ),
        (
            replace(FAILED, refusal=Refusal("no_answer", "got no answer: the program ended with status 1")),
            {"DUR-1": [f"{FAILED.how}: enqueue_drift got no answer: the program ended with status 1"]},
        ),
        (
            replace(FAILED, refusal=Refusal("other", "raised FileNotFoundError: [Errno 2] No such file or directory")),
            {
                "DUR-1": [
                    f"{FAILED.how}: the error hides the cause: enqueue_drift "
                    "raised FileNotFoundError: [Errno 2] No such file or directory"
                ]
            },
        ),
        (
            replace(FAILED, memory=AFTER),
            {"DUR-1": [f"{FAILED.how}: memory and store disagree: memory holds 2 requests instead of 1"]},
        ),
        (
            replace(FAILED, stored=AFTER, memory=AFTER, refusal=Refusal("other", OF_NODE)),
            {
                "DUR-1": [
                    f"{FAILED.how}: the change stands, and the error does not say that it may: enqueue_drift {OF_NODE}"
                ]
            },
        ),
        (
            replace(FAILED, stored=AFTER, memory=AFTER),
            {
                "DUR-1": [
                    f"{FAILED.how}: the change stands, and the error does not say that it may: "
                    f"enqueue_drift {NO_SPACE.message}"
                ]
            },
        ),
        (
            replace(FAILED, after_retry=BEFORE),
            {"DUR-1": [f"{FAILED.how}: tried again, the call had not its full effect: the store holds 1 requests"]},
        ),
        (
            replace(FAILED, after_retry=None, next=(*AFTER, request(2)), next_call=drift(1)),
            {"DUR-1": [f"{FAILED.how}: the next change had another effect than its own: the store holds 3 requests"]},
        ),
        (
            replace(FAILED, after_retry=None, next="was not changed: the call raised OSError", next_call=drift(1)),
            {"DUR-1": [f"{FAILED.how}: at the next change the store was not changed: the call raised OSError"]},
        ),
        (
            replace(INTERRUPTED, memory=BEFORE),
            {"DUR-1": [f"{INTERRUPTED.how}: memory and store disagree: memory holds 1 requests instead of 2"]},
        ),
        (
            replace(KILLED, mistaken=("x.tmp",)),
            {"DUR-3": [f"{KILLED.how}: x.tmp was mistaken for data"]},
        ),
        (replace(FAILED, leftovers=("x.tmp",)), {"DUR-2": [f"{FAILED.how}: enqueue_drift left x.tmp behind"]}),
        (
            replace(KILLED, stored="cannot be opened: it raised ValueError", next=None),
            {"DUR-3": [f"{KILLED.how}: the store cannot be opened: it raised ValueError"]},
        ),
        (
            replace(KILLED, leftovers=("x.tmp",)),
            {"DUR-3": [f"{KILLED.how}: after the next change x.tmp is still there"]},
        ),
        (
            replace(KILLED, next="did not answer enqueue_drift within 10 s"),
            {"SHARE-4": [f"{KILLED.how}: the next change of another process did not answer enqueue_drift within 10 s"]},
        ),
        (replace(CUT, stored=BEFORE), {"DUR-4": ["power cut: the store holds 1 requests instead of 2"]}),
    ],
)
def test_what_it_forbids_is_told(interruption, expected):
    """Each violation is told by the requirement that it breaks, in words."""
    assert problems(interruption) == expected


def test_a_store_that_is_empty_behind_the_next_change_is_told(tmp_path):
    """There is no request then that could be marked, and the loss is told all the same."""
    refused = {"refusal": Refusal("other", "raised OSError: [Errno 28] No space left on device")}
    stage = SimpleNamespace(step={"do": "enqueue_drift"}, call=call_of(NEXT), before=())
    actor = SimpleNamespace(is_alive=True, state=tuple, offer=tuple, perform=lambda _: 1)
    reader = SimpleNamespace(state_of=lambda _: (), offer_of=lambda _: ())

    found = afterwards(stage, actor, reader, tmp_path, "full", "ENOSPC", refused, then=NEXT, is_alone=False)

    assert found.marking is None
    assert REQUIREMENTS["DUR-1"].judge(found) == [
        "full: the next change had another effect than its own: the store holds 0 requests"
    ]


@pytest.mark.parametrize(
    ("behind", "is_half"),
    [
        ('"/store/queue.json", O_RDONLY|O_CLOEXEC', True),
        ('"/store/other.json", O_RDONLY|O_CLOEXEC', False),
        ('"/store/queue.json", O_RDWR|O_CREAT', False),
    ],
)
def test_no_file_can_be_opened_for_reading_alone_for_a_moment(behind, is_half):
    """A connection of SQLite's that was opened so never writes again, which is no fault of the queue's."""
    failed = SystemCall(
        1, "openat", 'AT_FDCWD</>, "/store/queue.json", O_RDWR|O_CREAT, 0644', "-1", "EACCES (INJECTED)"
    )

    assert is_half_open([failed, SystemCall(1, "openat", f"AT_FDCWD</>, {behind}", "3", "")], failed) is is_half
    assert not is_half_open([failed, SystemCall(1, "openat", f"AT_FDCWD</>, {behind}", "-1", "EACCES")], failed)
