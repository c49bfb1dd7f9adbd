// An adapter: makes a queue a program that the conformance kit of labelqueue can examine.
// Replace the class Queue by yours; below it nothing needs to change but the claims.
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

class BadInput extends Error {} // answered as -32602

// REPLACE: a queue over one JSON file, too simple to conform.
class Queue {
  constructor({ store, max_asks_per_day = 20 }) {
    this.path = store;
    this.cap = max_asks_per_day;
  }
  read() {
    return existsSync(this.path) ? JSON.parse(readFileSync(this.path, "utf8")) : [];
  }
  write(items) {
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(this.path, JSON.stringify(items));
  }
  add(buckets, reason) {
    const items = this.read();
    const before = items.length;
    for (const bucket of buckets) {
      const [bucket_start_ts, bucket_end_ts] = [utc(bucket.bucket_start_ts), utc(bucket.bucket_end_ts)];
      const same = (i) => i.status === "pending" && i.user_id === bucket.user_id && i.bucket_start_ts === bucket_start_ts;
      if (items.some(same)) continue;
      items.push({
        request_id: randomUUID(), user_id: bucket.user_id, bucket_start_ts, bucket_end_ts, reason,
        confidence: bucket.confidence ?? null, predicted_label: bucket.predicted_label ?? null,
        created_at: now(), status: "pending",
      });
    }
    if (items.length > before) this.write(items);
    return items.length - before;
  }
  pending({ user_id = null, limit = null }) {
    const items = this.read();
    const today = now().slice(0, 10);
    const left = this.cap - items.filter((i) => i.status !== "pending" && i.created_at.startsWith(today)).length;
    const found = items.filter((i) => i.status === "pending" && (user_id === null || i.user_id === user_id));
    found.sort((one, other) => (one.confidence ?? 0) - (other.confidence ?? 0));
    return found.slice(0, Math.max(0, limit === null ? left : Math.min(left, limit)));
  }
  mark({ request_id, status = "labeled" }) {
    const items = this.read();
    const item = items.find((i) => i.request_id === request_id);
    if (!item) return null;
    item.status = status;
    this.write(items);
    return item;
  }
}

// A timestamp, text or form, as RFC 3339 in UTC with Z. A Date has milliseconds only,
// so that the digits of the second's fraction are kept as text.
function utc(value) {
  const [, date, fraction = "", zone = "Z"] = (value.$datetime ?? value).match(/^(.*?)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/);
  const seconds = new Date(date.replace(" ", "T") + (zone || "Z")).toISOString().slice(0, 19);
  return seconds + (fraction && "." + fraction.slice(1, 7).padEnd(6, "0")) + "Z";
}

let queue = null;
let clock = null; // what set_clock said; runs_since: the moment when a running one was set
let runs_since = null;

function now() {
  if (clock === null) return new Date().toISOString();
  return runs_since === null ? clock : new Date(Date.parse(clock) + Date.now() - runs_since).toISOString();
}

const methods = {
  hello: () => ({
    wire: 1, name: "mine", version: "0.1", language: "javascript",
    claims: { profiles: ["core"], clock: true, crash: false, store: "path" },
  }),
  open: (params) => { queue = new Queue(params); return null; },
  set_clock: ({ now: moment, runs = false }) => { clock = moment; runs_since = runs ? Date.now() : null; return null; },
  enqueue_low_confidence: ({ rows, threshold = 0.55 }) => queue.add(rows.filter((r) => r.confidence < threshold), "low_confidence"),
  enqueue_drift: ({ buckets }) => queue.add(buckets, "drift"),
  get_pending: (params) => queue.pending(params),
  mark_done: (params) => queue.mark(params),
  all_items: () => queue.read(),
  close: () => null,
  bye: () => { setImmediate(() => process.exit(0)); return null; },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  let outcome;
  try {
    outcome = { result: methods[method](params) };
  } catch (error) {
    outcome = { error: { code: error instanceof BadInput ? -32602 : -32000, message: String(error) } };
  }
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, ...outcome }) + "\n");
}
