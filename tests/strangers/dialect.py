"""A stranger: a JSON file in another dialect, and writes that are flushed as they are made.

One line, members in alphabetical order behind those that it does not know, whole
confidences as integers, a small `t` in every time and nine digits behind its second;
parts written to their place in a file opened with O_SYNC.  Its confidences are a kind of
float, as numpy's are, and its refusals are KeyErrors as well, whose text is quoted.
"""

import dataclasses
import datetime as dt
import errno
import fcntl
import json
import math
import numbers
import os
import re
import secrets
import uuid
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal

UTC = dt.UTC
NEED = ("user_id", "bucket_start_ts", "bucket_end_ts")
COLUMNS = (*NEED, "confidence", "predicted_label")
TIMES = ("bucket_start_ts", "bucket_end_ts", "created_at")
STATUSES = ("pending", "labeled", "skipped")
REASONS = ("low_confidence", "drift")
ISO = re.compile(r"\d{4}-?\d\d-?\d\d[Tt ]\d\d.*", re.ASCII)


class Share(float):
    def __repr__(self):
        return f"Share({float(self)!r})"


@dataclasses.dataclass(frozen=True)
class Request:
    request_id: str
    user_id: str
    bucket_start_ts: dt.datetime
    bucket_end_ts: dt.datetime
    reason: str
    confidence: float | None = None
    predicted_label: str | None = None
    created_at: dt.datetime = None
    status: str = "pending"

    def __post_init__(self):
        if self.confidence is not None:
            object.__setattr__(self, "confidence", Share(self.confidence))


FIELDS = tuple(field.name for field in dataclasses.fields(Request))


class BadInput(KeyError, ValueError):
    pass


class BadFile(Exception):
    pass


def missing(v):
    if v is None:
        return True
    if isinstance(v, Decimal):
        return v.is_nan()
    if isinstance(v, float) or type(v).__name__ in ("datetime64", "float32", "float16", "longdouble"):
        return bool(v != v)
    return type(v).__name__ in ("NaTType", "NAType")


def utc(t):
    if t.utcoffset() is None:
        return t.replace(tzinfo=UTC)
    try:
        return t.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


def instant(v):
    if missing(v):
        raise ValueError("is missing")
    if isinstance(v, str):
        if not ISO.fullmatch(v):
            raise ValueError("is no timestamp with a time of day")
        try:
            t = dt.datetime.fromisoformat(v.upper())
        except ValueError:
            raise ValueError("is no timestamp") from None
        return utc(t)
    if type(v).__name__ == "datetime64":
        us = v.astype("datetime64[us]")
        if us.astype(v.dtype) > v:
            us = us - 1
        v = us.item()
    if hasattr(v, "to_pydatetime"):
        v = v.to_pydatetime(warn=False)
    if not isinstance(v, dt.datetime):
        raise ValueError("is no timestamp")
    return utc(v)


def text(v):
    if not isinstance(v, str):
        raise ValueError("is no text")
    try:
        v.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("holds a lone surrogate") from None
    return str.__str__(v)


def user(v):
    return text(v)


def label_any(v):
    if missing(v):
        return None
    return text(v if isinstance(v, str) else str(v))


def label_text(v):
    if missing(v):
        return None
    return text(v)


def number(v):
    if (
        isinstance(v, bool)
        or type(v).__name__ in ("bool_", "bool", "timedelta64")
        or not isinstance(v, (numbers.Real, Decimal))
    ):
        raise ValueError("is no number")
    try:
        f = float(v)
    except OverflowError:
        raise ValueError("is not finite") from None
    if not math.isfinite(f):
        raise ValueError("is not finite")
    return f


def confidence_of(v):
    if missing(v):
        return None
    return number(v)


def rank(r):
    return 0.0 if r.confidence is None else r.confidence


def show(v):
    try:
        return repr(v)[:100]
    except Exception:
        return "<no repr>"


def stamp(t):
    s = t.astimezone(UTC).replace(tzinfo=None).isoformat("t", timespec="microseconds")
    return s.rjust(len(s), "0") + "000Z"


def is_int(v):
    return isinstance(v, numbers.Integral) and not isinstance(v, bool)


class Queue:
    def __init__(self, queue_path, max_asks_per_day=20):
        if not is_int(max_asks_per_day) or max_asks_per_day < 0:
            raise BadInput(f"max_asks_per_day={max_asks_per_day!r} is no integer of 0 or more")
        self._path = os.path.abspath(os.fspath(queue_path))
        self._cap = int(max_asks_per_day)

    # ---- the face

    def enqueue_low_confidence(self, predictions_df, threshold=0.55):
        df = predictions_df
        rows = len(df)
        if rows:
            for c in COLUMNS:
                if c not in df.columns:
                    raise BadInput(f"predictions_df has no column {c!r}")
        try:
            limit = number(threshold)
        except ValueError as e:
            raise BadInput(f"threshold={threshold!r} {e}") from None
        if not rows:
            return 0
        cols = {c: df[c].tolist() for c in COLUMNS}
        picked = []
        for i in range(rows):
            c = self._field(i, "confidence", cols["confidence"][i], confidence_of)
            if c is None or c < limit:
                picked.append(self._row(i, {k: cols[k][i] for k in COLUMNS}, label_any))
        return self._enqueue(picked, "low_confidence")

    def enqueue_drift(self, buckets):
        buckets = list(buckets)
        for i, b in enumerate(buckets):
            if not isinstance(b, Mapping):
                raise BadInput(f"buckets[{i}]={show(b)} is no mapping")
            for k in NEED:
                if k not in b:
                    raise BadInput(f"buckets[{i}] has no key {k!r}")
        picked = [self._row(i, {k: b.get(k, None) for k in COLUMNS}, label_text) for i, b in enumerate(buckets)]
        return self._enqueue(picked, "drift")

    def get_pending(self, user_id=None, limit=None):
        if limit is not None and (not is_int(limit) or limit < 0):
            raise BadInput(f"limit={limit!r} is no integer of 0 or more")
        items = self._requests()
        today = dt.datetime.now(UTC).date()
        used = sum(1 for r in items if r.status != "pending" and r.created_at.date() == today)
        room = max(0, self._cap - used)
        if limit is not None:
            room = min(room, int(limit))
        pending = [r for r in items if r.status == "pending" and (user_id is None or r.user_id == user_id)]
        pending.sort(key=rank)
        return pending[:room]

    def mark_done(self, request_id, status="labeled"):
        if not isinstance(status, str) or status not in ("labeled", "skipped"):
            raise BadInput(f"status={show(status)} is neither labeled nor skipped")
        status = str.__str__(status)

        def change(items):
            for i, (r, extra) in enumerate(items):
                if r.request_id == request_id:
                    done = dataclasses.replace(r, status=status)
                    return done, [*items[:i], (done, extra), *items[i + 1 :]]
            return None, None

        return self._change(change)

    @property
    def all_items(self):
        return self._requests()

    # ---- rows

    def _field(self, i, column, value, reader):
        try:
            return reader(value)
        except ValueError as e:
            raise BadInput(f"row {i}: {column}={show(value)} {e}; nothing was added") from None

    def _row(self, i, row, label_reader):
        u = self._field(i, "user_id", row["user_id"], user)
        start = self._field(i, "bucket_start_ts", row["bucket_start_ts"], instant)
        end = self._field(i, "bucket_end_ts", row["bucket_end_ts"], instant)
        if end <= start:
            raise BadInput(
                f"row {i}: bucket_end_ts={show(row['bucket_end_ts'])} is not after bucket_start_ts; nothing was added"
            )
        c = self._field(i, "confidence", row["confidence"], confidence_of)
        label = self._field(i, "predicted_label", row["predicted_label"], label_reader)
        return u, start, end, c, label

    def _enqueue(self, picked, reason):
        def change(items):
            now = dt.datetime.now(UTC)
            keys = {(r.user_id, r.bucket_start_ts) for r, _ in items if r.status == "pending"}
            new = []
            for u, start, end, c, label in picked:
                if (u, start) in keys:
                    continue
                keys.add((u, start))
                new.append((Request(str(uuid.uuid4()), u, start, end, reason, c, label, now, "pending"), {}))
            return len(new), items + new if new else None

        return self._change(change)

    # ---- the store

    def _requests(self):
        return [r for r, _ in self._load()]

    def _bad(self, what, item=None, field=None):
        where = os.path.realpath(self._path)
        if item is not None:
            where += f" item {item}"
        if field is not None:
            where += f" field {field!r}"
        return BadFile(f"{where}: {what}; the file was not changed")

    def _load(self):
        try:
            with open(self._path, "rb") as f:
                data = f.read()
        except FileNotFoundError:
            return []
        return self._parse(data)

    def _parse(self, data):
        try:
            array = json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as e:
            raise self._bad(f"is no JSON in UTF-8 ({e})") from None
        if not isinstance(array, list):
            raise self._bad("is no array")
        items = []
        ids = set()
        for i, o in enumerate(array):
            r, extra = self._item(i, o)
            if r.request_id in ids:
                raise self._bad(f"{r.request_id} is there twice", i, "request_id")
            ids.add(r.request_id)
            items.append((r, extra))
        return items

    def _item(self, i, o):
        if not isinstance(o, dict):
            raise self._bad("is no object", i)
        for name, v in o.items():
            if not self._clean(name) or not self._clean(v):
                raise self._bad("holds a lone surrogate or a number that is not finite")
        values = {}
        for name in FIELDS:
            if name not in o:
                if name in ("confidence", "predicted_label"):
                    values[name] = None
                elif name == "status":
                    values[name] = "pending"
                else:
                    raise self._bad("is missing", i, name)
                continue
            v = o[name]
            if name == "confidence":
                if v is not None:
                    try:
                        if isinstance(v, str):
                            raise ValueError("is text")
                        v = number(v)
                    except ValueError as e:
                        raise self._bad(f"{show(v)} {e}", i, name) from None
            elif name == "predicted_label":
                if v is not None and not isinstance(v, str):
                    raise self._bad(f"{show(v)} is no text", i, name)
            elif not isinstance(v, str):
                raise self._bad(f"{show(v)} is no text", i, name)
            elif name in TIMES:
                try:
                    v = instant(v)
                except ValueError as e:
                    raise self._bad(f"{show(v)} {e}", i, name) from None
            if (name == "status" and v not in STATUSES) or (name == "reason" and v not in REASONS):
                raise self._bad(f"{show(v)} does not exist", i, name)
            values[name] = v
        return Request(**values), {k: v for k, v in o.items() if k not in FIELDS}

    def _clean(self, v):
        if isinstance(v, str):
            try:
                v.encode("utf-8")
            except UnicodeEncodeError:
                return False
        elif isinstance(v, float):
            return math.isfinite(v)
        elif isinstance(v, dict):
            return all(self._clean(k) and self._clean(x) for k, x in v.items())
        elif isinstance(v, list):
            return all(map(self._clean, v))
        return True

    def _object(self, r, extra):
        o = {}
        for name in FIELDS:
            v = getattr(r, name)
            o[name] = stamp(v) if name in TIMES else v
        c = o["confidence"]
        if c is not None and c == int(c) and math.copysign(1, c) == 1 and abs(c) < 2**50:
            o["confidence"] = int(c)
        return {**extra, **dict(sorted(o.items()))}

    def _text(self, items):
        return (
            json.dumps([self._object(r, x) for r, x in items], separators=(",", ":"), allow_nan=False).encode() + b"\n"
        )

    def _change(self, change):
        answer, new = change(self._load())
        if new is None:
            return answer
        target = os.path.realpath(self._path)
        with self._locked(target):
            answer, new = change(self._load())
            if new is not None:
                self._replace(target, self._text(new))
        return answer

    @contextmanager
    def _locked(self, target):
        self._folder(os.path.dirname(target))
        fd = os.open(target + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            try:
                fcntl.flock(fd, fcntl.LOCK_UN)
            finally:
                os.close(fd)

    def _folder(self, folder):
        if os.path.isdir(folder):
            return
        self._folder(os.path.dirname(folder))
        try:
            os.mkdir(folder)
        except FileExistsError:
            return
        self._flush(os.path.dirname(folder))

    def _flush(self, folder):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def _sweep(self, target):
        folder, name = os.path.split(target)
        for each in os.listdir(folder):
            if each.startswith(f".{name}.") and each.endswith(".tmp"):
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(folder, each))

    def _replace(self, target, data):
        folder, name = os.path.split(target)
        self._sweep(target)
        tmp = os.path.join(folder, f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        maybe = False
        try:
            fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_SYNC, 0o666)
            try:
                with suppress(FileNotFoundError):
                    os.fchmod(fd, os.stat(target).st_mode & 0o7777)
                at = 0
                while at < len(data):
                    n = os.pwritev(fd, [data[at : at + 1], data[at + 1 :]], at)
                    if n <= 0:
                        raise OSError(errno.EIO, "nothing was written")
                    at += n
            finally:
                os.close(fd)
            maybe = True
            try:
                os.replace(tmp, target)
            except OSError:
                maybe = False
                raise
            self._flush(folder)
        except BaseException as e:
            with suppress(OSError):
                os.unlink(tmp)
            if not maybe:
                raise
            if isinstance(e, OSError):
                raise OSError(
                    e.errno, f"{e.strerror}: the change was made, but may not survive a power cut", target
                ) from e
            e.add_note("the change may have taken effect")
            raise
