"""A program that makes one call of the canonical queue in a forked child, on request.

It reads requests from standard input, one JSON object a line, and answers each in
the same way.  The child stops itself just before the call where `stop` is set, so
that a tracer can be attached; the parent says its id and lets it go on when the
next line comes.  With `hook` set, the child's interpreter counts the calls of C
functions that can touch files, and before the given one raises the errno, or kills
the process where there is none.

The crash tests start this program once: what takes long is the import of pandas.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from pathlib import Path

import pandas as pd

from labelqueue import ActiveLabelingQueue, UnconfirmedChangeError

FILE_MODULES = {"posix", "_io", "fcntl", "io"}
ANY_TRACER = (0x59616D61, -1)  # prctl's PR_SET_PTRACER, PR_SET_PTRACER_ANY


def bucket(hour):
    return {
        "user_id": "ada",
        "bucket_start_ts": f"2026-01-10T{hour:02}:00:00Z",
        "bucket_end_ts": f"2026-01-10T{hour:02}:15:00Z",
        "confidence": hour / 100,
        "predicted_label": "coding",
    }


def prepare(store, *hours):
    """Write requests, as another program would have done long ago: what was written just now is read twice."""
    ActiveLabelingQueue(store).enqueue_drift([bucket(hour) for hour in hours])
    os.utime(store, (1_000_000_000, 1_000_000_000))


def call_of(operation, store):
    """The call that is examined, everything before it done."""
    if operation != "first_drift":
        prepare(store, 1, 2)
    queue = ActiveLabelingQueue(store)
    first = next((r.request_id for r in queue.all_items), None)
    if operation == "get_pending":
        # Changed outside, so that the call has to read.
        prepare(store, 4)
    frame = pd.DataFrame([bucket(3), bucket(5)])
    calls = {
        "open": lambda: len(ActiveLabelingQueue(store).queue_path.name),
        "get_pending": lambda: len(queue.get_pending()),
        "all_items": lambda: len(queue.all_items),
        "first_drift": lambda: queue.enqueue_drift([bucket(3)]),
        "drift": lambda: queue.enqueue_drift([bucket(3)]),
        "low": lambda: queue.enqueue_low_confidence(frame),
        "mark_done": lambda: queue.mark_done(first).status,
    }
    return queue, calls[operation]


def shown(queue):
    return [(r.bucket_start_ts.isoformat(), r.status) for r in queue.all_items]


def outcome_of(call):
    try:
        return {"returned": call()}
    except UnconfirmedChangeError as error:
        return {"unconfirmed": error.errno, "cause": getattr(error.__cause__, "errno", None)}
    except OSError as error:
        return {"failed": error.errno}
    except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
        return {"crashed": traceback.format_exc()}


def hooked(call, at, number):
    """Make the call, failing or dying before the C function with the given number, from 1."""
    count = 0

    def hook(_frame, event, function):
        nonlocal count
        owner = getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
        if event != "c_call" or owner not in FILE_MODULES:
            return
        count += 1
        if count == at:
            if number is None:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(number, os.strerror(number))

    def work():
        sys.setprofile(hook)
        try:
            return call()
        finally:
            sys.setprofile(None)

    return outcome_of(work), count


def examine(request, reply):
    """The child: make the call, and tell what came out and what memory and store are then."""
    store = Path(request["store"])
    queue, call = call_of(request["operation"], store)
    answer = {"before": shown(ActiveLabelingQueue(store))}
    if request.get("stop"):
        os.kill(os.getpid(), signal.SIGSTOP)
    if request.get("hook"):
        answer["outcome"], answer["count"] = hooked(call, *request["hook"])
    else:
        answer["outcome"] = outcome_of(call)
    os.write(reply, b"end")  # the tracer's mark
    answer["memory"] = shown(queue)
    answer["store"] = shown(ActiveLabelingQueue(store))
    answer["left"] = sorted(p.name for p in store.parent.iterdir() if p.suffix == ".tmp") if store.exists() else []
    answer["again"] = outcome_of(call)
    answer["finally"] = shown(ActiveLabelingQueue(store))
    os.write(reply, json.dumps(answer).encode())
    os._exit(0)


def read_all(descriptor):
    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts)


def serve(request):
    answers, reply = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(answers)
            # Where only ancestors may trace, whoever asked for this may.
            ctypes.CDLL(None).prctl(ANY_TRACER[0], ctypes.c_ulong(ANY_TRACER[1]), 0, 0, 0)
            examine(request, reply)
        except BaseException:  # noqa: BLE001 - the child must not go on as the parent would
            traceback.print_exc()
        os._exit(1)
    os.close(reply)
    if request.get("stop"):
        os.waitpid(child, os.WUNTRACED)
        print(json.dumps({"child": child}), flush=True)
        sys.stdin.readline()
        os.kill(child, signal.SIGCONT)
    text = read_all(answers).removeprefix(b"end")
    _, status = os.waitpid(child, 0)
    print(json.dumps({"status": os.waitstatus_to_exitcode(status), **json.loads(text or b"{}")}), flush=True)


if __name__ == "__main__":
    # What the first calls load (the lock, the reader of frames) is no part of a call.
    queue, call = call_of("low", Path(sys.argv[1]) / "warm" / "queue.json")
    call()
    for line in iter(sys.stdin.readline, ""):
        serve(json.loads(line))
