"""Outside changes for the search: what editors, scripts and accidents do to a queue file.

Serves FILE-1 to FILE-7.  Its rules join those of the search where the `file`
profile is examined.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from labelqueue.conformance.search.buckets import CONFIDENCES, LABELS, instants
from labelqueue.conformance.search.rules import Rules

if TYPE_CHECKING:
    from datetime import datetime


__all__ = ["ChangesTheFile"]

_WRITTEN_AS: Final = ("Z", "", "+00:00", "+05:45", "-03:30", "+14:00")
_UNKNOWN: Final = st.fixed_dictionaries(
    {},
    optional={
        "note": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        "_priority": st.integers(-3, 3),
        "inner": st.just({"status": "pending"}),
        "links": st.lists(st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))),
    },
)
_MODES: Final = ("640", "604", "600", "644", "444")
_CHANGES: Final[tuple[dict[str, Any], ...]] = (
    {"remove": True},
    *({"mode": mode} for mode in _MODES),
    {"link": True},
    {"link": "dangling"},
)
_WAYS_TO_LEVEL: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"in_place": True},
    {"mtime": "same"},
    {"in_place": True, "mtime": "same"},
)
_SOUND: Final = {
    "request_id": "00000000-0000-4000-8000-000000000001",
    "user_id": "ada",
    "bucket_start_ts": "2026-01-10T09:00:00Z",
    "bucket_end_ts": "2026-01-10T10:00:00Z",
    "reason": "drift",
    "confidence": 0.3,
    "predicted_label": "coding",
    "created_at": "2026-01-14T08:00:00Z",
    "status": "pending",
}
_ODD: Final = _SOUND | {"request_id": "1", "bucket_end_ts": _SOUND["bucket_start_ts"]}
"""An item that is odd, and no reason to refuse the file."""


def _texts_that_are_none() -> tuple[str, ...]:
    whole = json.dumps([_SOUND])
    # Laid out as queues write it, which may be read in another way.
    spread = json.dumps([_SOUND, _SOUND | {"request_id": str(UUID(int=2, version=4))}], indent=2)
    changed = (
        {"status": "done"},
        {"reason": ""},
        {"user_id": 7},
        # What is done is looked at as well.
        {"predicted_label": True, "status": "skipped"},
        {"confidence": "0.3", "status": "labeled"},
        {"confidence": float("nan")},
        {"created_at": "yesterday"},
        {"bucket_end_ts": None},
        {"user_id": "\ud800"},
    )
    return (
        *("", " ", "{}", "null", "[1]", "[null]", whole[:-1], whole[: len(whole) // 2], "\ufeff" + whole),
        "\0".join(whole) + "\0",  # what UTF-16 writes of the same characters
        json.dumps([_SOUND, _SOUND]),
        *(json.dumps([{**_SOUND, **each}]) for each in changed),
        *(
            json.dumps([{name: _SOUND[name] for name in _SOUND if name != left_out}])
            for left_out in ("user_id", "reason")
        ),
        *(text.replace("0.3", "1e400") for text in (whole, spread)),
        whole.replace("coding", "\\uD800"),
        *(spread.replace("  },", between) for between in ("  }", "  },,", "  }, null,", "  }, 1")),
        *(
            spread.replace(*swapped)
            for swapped in (("coding", "\\x"), ("pending", "done"), ("10T10", "32T10"), ("0.3", '"0.3"'))
        ),
        spread.replace(str(UUID(int=2, version=4)), str(_SOUND["request_id"])),
        *("{" + spread[1:], spread[:-1] + "}"),
    )


_AT_A_TIME: Final = 9
_MUCH_SPACE: Final = "\n" * 4000
_LONG: Final = "語" * 22500  # of three bytes each, so that pieces of most lengths end within one
_HUGE: Final = json.dumps([_SOUND | {"score": 0}]).replace('"score": 0', '"score": 1e400')
"""A number beyond all doubles in a member that nobody knows."""
_OTHERWISE: Final = json.dumps([_SOUND], indent=2).replace("T09:00:00Z", "T09:00:00.000Z")
"""One start may be written in many ways."""
_TEXTS_THAT_ARE_NONE: Final = _texts_that_are_none()


def _written(moment: datetime, zone: str) -> str:
    if zone in ("", "Z"):
        return moment.replace(tzinfo=None).isoformat() + zone
    hours, minutes = int(zone[:3]), int(zone[0] + zone[4:])
    local = moment.replace(tzinfo=None) + timedelta(hours=hours, minutes=minutes)
    return local.isoformat() + zone


@st.composite
def _items(draw: st.DrawFn, users: tuple[str, ...]) -> list[dict[str, Any]]:
    """Sound items as another program might write them."""
    items = []
    for place in range(draw(st.integers(0, 3))):
        zones = [draw(st.sampled_from(_WRITTEN_AS)) for _ in range(3)]
        start = draw(instants())
        item: dict[str, Any] = {
            "request_id": str(UUID(int=place + 1, version=4)),
            "user_id": draw(st.sampled_from(users)),
            "bucket_start_ts": _written(start, zones[0]),
            "bucket_end_ts": _written(start + timedelta(hours=1), zones[1]),
            "reason": draw(st.sampled_from(("drift", "low_confidence"))),
            "created_at": _written(start + timedelta(days=5), zones[2]),
        }
        defaults: dict[str, st.SearchStrategy[Any]] = {"confidence": CONFIDENCES, "predicted_label": LABELS}
        item |= {name: draw(values) for name, values in defaults.items() if draw(st.booleans())}
        item |= {"status": draw(st.sampled_from(("pending", "labeled", "skipped")))} if draw(st.booleans()) else {}
        items.append(item | draw(_UNKNOWN))
    if items and draw(st.integers(0, 2)) == 0:  # odd, but no reason to refuse the file
        twin = {"request_id": str(UUID(int=9, version=4)), "status": "pending"}
        twin |= {"bucket_end_ts": items[-1]["bucket_start_ts"]} if draw(st.booleans()) else {}
        items[-1] |= {"status": "pending"}
        items[-1].pop("confidence", None)
        items.append(items[-1] | twin | draw(_UNKNOWN))
    return items


class ChangesTheFile(Rules):
    """The rules of the search that act on the file as other programs do."""

    # In half of the programs alone, and by one rule only: after an outside change `core` has nothing to say.
    @initialize(are_others_there=st.booleans())
    def let_others_come(self, are_others_there: bool) -> None:  # noqa: FBT001 - drawn
        """Decide whether other programs know of the file."""
        self.are_others_there = are_others_there

    @precondition(lambda self: self.are_others_there)
    @rule(data=st.data(), kind=st.sampled_from(("replace", "in place", "break", "change", "level")))
    def change_the_file(self, data: st.DataObject, kind: str) -> None:
        """Another program writes a file, breaks it, deletes it, or changes its bits or its place."""
        if kind == "break":
            for text in data.draw(st.permutations(_TEXTS_THAT_ARE_NONE))[:_AT_A_TIME]:
                self._break_the_file(text)
            mends: tuple[dict[str, Any], ...] = ({"items": [_SOUND]}, {"items": [_ODD]}, {"remove": True})
            mended = data.draw(st.sampled_from(mends))
            self.take({"do": "store"} | mended)
        elif kind == "level":
            for how in _WAYS_TO_LEVEL:
                self._change_one_digit(how)
            self._change_what_it_wrote()
            for text in (_HUGE, _OTHERWISE):
                self.take({"do": "store", "text": text})
                self._add_a_sound_one()
            self.take({"do": "store", "items": [_SOUND, _ODD]})
            self.take({"do": "get_pending"})
            long = {name: value for name, value in _SOUND.items() if name != "status"} | {"user_id": _LONG}
            self.take({"do": "store", "text": json.dumps([long], ensure_ascii=False)})
            self.take({"do": "reopen"})
        elif kind == "change":
            for change in data.draw(st.permutations(_CHANGES))[:3]:
                self.take({"do": "store"} | change)
                self._add_a_sound_one()
            self._lead_elsewhere()
        else:
            items = data.draw(_items(self.users))
            # What is longer than what is written next shows who does not cut the file.
            is_long = data.draw(st.integers(0, 3)) == 0
            content = {"text": f"{json.dumps(items)[:-1]}{_MUCH_SPACE}]"} if is_long else {"items": items}
            self.take({"do": "store"} | content | ({"in_place": True} if kind == "in place" else {}))
            if data.draw(st.booleans()):
                self.take({"do": "reopen"})
            else:  # before anything else looks at it
                self._add_a_sound_one()

    def _lead_elsewhere(self) -> None:
        """Let a link lead to another file than it did when the queue was opened."""
        self.take({"do": "store", "link": "another", "items": [_SOUND]})
        self.take({"do": "reopen"})
        self.take({"do": "store", "link": "another", "items": [_SOUND, _ODD]})
        self.take({"do": "get_pending"})

    def _change_one_digit(self, how: dict[str, Any]) -> None:
        """Write what is as long as what is there, then remove it, and put it back before something is added."""
        for confidence in (0.3, 0.4):
            self.take({"do": "store", "items": [_SOUND | {"confidence": confidence}]} | how)
            self.take({"do": "get_pending"})
        self.take({"do": "store", "remove": True})
        self.take({"do": "mark_done", "request_id": _SOUND["request_id"]})
        self.take({"do": "store", "items": [_SOUND]})
        self._add_a_sound_one()

    def _change_what_it_wrote(self) -> None:
        """Write another status of the same length into the file that the queue wrote last."""
        self.take({"do": "store", "items": [_SOUND]})
        for old, new in (("labeled", "skipped"), ("skipped", "labeled")):
            self.take({"do": "mark_done", "request_id": _SOUND["request_id"], "status": old})
            self.take({"do": "store", "replace": [old, new], "in_place": True})
            self.take({"do": "all_items"})

    def _break_the_file(self, text: str) -> None:
        self.take({"do": "store", "text": text})
        self.take({"do": "get_pending"})
        self._add_a_sound_one()
        self.take({"do": "mark_done", "request_id": _SOUND["request_id"]})

    def _add_a_sound_one(self) -> None:
        bucket = {name: _SOUND[name] for name in ("user_id", "bucket_start_ts", "bucket_end_ts")}
        self.take({"do": "enqueue_drift", "buckets": [bucket]})
