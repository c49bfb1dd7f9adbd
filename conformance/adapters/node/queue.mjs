// The active labeling queue over one JSON file, written from the contract and the published
// documents alone. Every call is synchronous, and looks at the file as it now is.

import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';

import { contentOf, entriesOf } from './document.mjs';
import { InvalidInputError, shown } from './errors.mjs';
import { contentAt, madeFolder, replace, targetOf } from './file.mjs';
import { dayOf, systemNow, timeText } from './instant.mjs';
import { exclusively } from './lock.mjs';
import { drifted, selectedRows } from './rows.mjs';

export const DEFAULT_LABEL_CONFIDENCE_THRESHOLD = 0.55;
export const DEFAULT_LABEL_MAX_ASKS_PER_DAY = 20;

const DONE = ['labeled', 'skipped'];

/** A queue of requests that humans label buckets; requests are frozen, their times RFC 3339 with Z. */
export class ActiveLabelingQueue {
  #path;
  #cap;
  #now;
  #content = null; // the bytes that #entries were read from, or written as
  #entries = [];

  /**
   * @param {string} path the queue file; it need not exist
   * @param {object} [options]
   * @param {number} [options.maxAsksPerDay] the cap, an integer of 0 or more
   * @param {() => bigint} [options.now] the clock, in microseconds since 1970
   * @throws {InvalidInputError} the cap is none
   */
  constructor(path, { maxAsksPerDay = DEFAULT_LABEL_MAX_ASKS_PER_DAY, now = systemNow } = {}) {
    this.#path = path;
    this.#cap = counted('maxAsksPerDay', maxAsksPerDay);
    this.#now = now;
  }

  /**
   * Adds a pending request for each row whose confidence is below the threshold, or missing.
   *
   * @param {object[]} rows user_id, bucket_start_ts, bucket_end_ts, confidence, predicted_label each
   * @param {object} [options]
   * @param {number} [options.threshold]
   * @param {string[]} [options.columns] which columns there are; left out, those that any row has
   * @returns {number} how many were added; all or nothing
   * @throws {InvalidInputError} anything is bad; nothing was added
   */
  enqueueLowConfidence(rows, { threshold = DEFAULT_LABEL_CONFIDENCE_THRESHOLD, columns = columnsOf(rows) } = {}) {
    return this.#enqueue('low_confidence', selectedRows(rows, threshold, columns));
  }

  /**
   * Adds a pending request for each bucket that drift detection flagged; as above otherwise.
   *
   * @param {object[]} buckets user_id, bucket_start_ts, bucket_end_ts, and perhaps confidence, predicted_label
   */
  enqueueDrift(buckets) {
    return this.#enqueue('drift', drifted(buckets));
  }

  /**
   * Returns pending requests, the lowest confidence first, ties in enqueue order; at most what is
   * left of today's cap, and of the limit.
   *
   * @param {object} [options]
   * @param {string | null} [options.userId] whose; null for everybody's
   * @param {number | null} [options.limit] an integer of 0 or more; null for no further limit
   * @throws {InvalidInputError} the limit is none
   */
  getPending({ userId = null, limit = null } = {}) {
    const most = limit === null ? Infinity : counted('limit', limit);
    const now = this.#now();
    const requests = this.allItems;
    const today = dayOf(timeText(now));
    const used = requests.filter((one) => one.status !== 'pending' && dayOf(one.created_at) === today).length;
    return requests
      .filter((one) => one.status === 'pending' && (userId === null || one.user_id === userId))
      .sort((one, other) => (one.confidence ?? 0) - (other.confidence ?? 0))
      .slice(0, Math.min(most, Math.max(0, this.#cap - used)));
  }

  /**
   * Sets the status of one request.
   *
   * @param {string} requestId
   * @param {'labeled' | 'skipped'} [status]
   * @returns {object | null} the request as it now is, or null for an unknown id
   * @throws {InvalidInputError} the status is neither
   */
  markDone(requestId, status = 'labeled') {
    if (!DONE.includes(status)) throw new InvalidInputError(`status=${shown(status)} is not one of ${DONE.join(', ')}`);
    const placeIn = (entries) => entries.findIndex(({ request }) => request.request_id === requestId);
    if (placeIn(this.#read()) === -1) return null;
    return this.#change((entries) => {
      const place = placeIn(entries);
      if (place === -1) return [entries, null];
      const { request, further } = entries[place];
      const marked = Object.freeze({ ...request, status });
      // Written also where it is so already: the flush of the mark that made it so may have failed (DUR-4).
      return [entries.with(place, { request: marked, further }), marked];
    });
  }

  /** Every request of any status, in enqueue order. */
  get allItems() {
    return this.#read().map(({ request }) => request);
  }

  #enqueue(reason, buckets) {
    const createdAt = timeText(this.#now());
    // A call that adds nothing creates nothing, not even the lock (KEEP-4): look first.
    if (buckets.length === 0 || free(buckets, this.#read()).length === 0) return 0;
    return this.#change((entries) => {
      const added = free(buckets, entries).map((bucket) => ({ request: requestOf(bucket, reason, createdAt), further: null }));
      return [added.length === 0 ? entries : [...entries, ...added], added.length];
    });
  }

  // Reads the file as it is now, and parses it only where its bytes are others.
  #read(target = this.#path) {
    const content = contentAt(target);
    const isKnown = content === null ? this.#content === null : this.#content?.equals(content);
    if (!isKnown) {
      this.#entries = content === null ? [] : entriesOf(this.#path, content);
      this.#content = content;
    }
    return this.#entries;
  }

  #change(step) {
    const target = targetOf(this.#path);
    madeFolder(dirname(target));
    return exclusively(target, () => {
      const before = this.#read(target);
      const [after, result] = step(before);
      if (after !== before) replace(target, contentOf(after));
      return result;
    });
  }
}

function counted(name, value) {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidInputError(`${name}=${shown(value)} is no integer of 0 or more`);
}

function columnsOf(rows) {
  return Array.isArray(rows) ? [...new Set(rows.flatMap((row) => Object.keys(row ?? {})))] : [];
}

function keyOf({ user_id: user, bucket_start_ts: start }) {
  return `${start} ${user}`; // a time holds no blank, so no two keys are written alike
}

/** The buckets that are neither pending nor twice in the call; the first of a key wins. */
function free(buckets, entries) {
  const taken = new Set(entries.filter(({ request }) => request.status === 'pending').map(({ request }) => keyOf(request)));
  return buckets.filter((bucket) => {
    const key = keyOf(bucket);
    return !taken.has(key) && taken.add(key);
  });
}

function requestOf(bucket, reason, createdAt) {
  return Object.freeze({
    request_id: randomUUID(),
    user_id: bucket.user_id,
    bucket_start_ts: bucket.bucket_start_ts,
    bucket_end_ts: bucket.bucket_end_ts,
    reason,
    confidence: bucket.confidence,
    predicted_label: bucket.predicted_label,
    created_at: createdAt,
    status: 'pending',
  });
}
