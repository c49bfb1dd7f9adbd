// The adapter: the queue as a program that speaks the wire, JSON-RPC 2.0, one message per line.
//
// Standard output is the wire's alone. The wire's numbers are read with their text, and its
// requests are written with `1.0` and `-0.0` as such.

import { writeSync } from 'node:fs';

import { InvalidInputError, UnreadableStoreError } from './errors.mjs';
import { instantOf, systemNow } from './instant.mjs';
import { JsonNumber, parsed, stringText, textOf } from './json.mjs';
import { ActiveLabelingQueue } from './queue.mjs';

const WIRE = 1;
const [PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, UNREADABLE, OTHER] = [
  -32700, -32600, -32601, -32602, -32001, -32000,
];
const FLOATS = { nan: NaN, inf: Infinity, '-inf': -Infinity };

class WireError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

let queue = null;
let clock = systemNow;

const METHODS = {
  hello({ wire }) {
    if (wire !== WIRE) throw new WireError(INVALID_REQUEST, `this program speaks version ${WIRE} of the wire`);
    return {
      wire: new JsonNumber(String(WIRE), true),
      name: 'labelqueue in JavaScript',
      version: '0.1.0',
      language: 'JavaScript',
      claims: { profiles: ['core', 'input', 'durable', 'shared', 'file'], clock: true, crash: true, store: 'path' },
    };
  },
  open({ store, max_asks_per_day: maxAsksPerDay }) {
    queue = null;
    queue = new ActiveLabelingQueue(store, { maxAsksPerDay, now: () => clock() });
    return null;
  },
  enqueue_low_confidence({ rows, columns, threshold }) {
    return count(opened().enqueueLowConfidence(rows, { columns, threshold }));
  },
  enqueue_drift({ buckets }) {
    return count(opened().enqueueDrift(buckets));
  },
  get_pending({ user_id: userId, limit }) {
    return opened().getPending({ userId, limit });
  },
  mark_done({ request_id: requestId, status }) {
    return opened().markDone(requestId, status);
  },
  all_items() {
    return opened().allItems;
  },
  set_clock({ now, runs = false }) {
    const base = instantOf(now);
    if (base === null) throw new WireError(INVALID_REQUEST, `now=${now} is no time`);
    const since = process.hrtime.bigint();
    clock = runs ? () => base + (process.hrtime.bigint() - since) / 1000n : () => base;
    return null;
  },
  close() {
    queue = null;
    return null;
  },
  bye() {
    queue = null;
    return null;
  },
};

function opened() {
  if (queue === null) throw new WireError(INVALID_REQUEST, 'open a queue first');
  return queue;
}

function count(number) {
  return new JsonNumber(String(number), true);
}

/** Makes JavaScript's own values of the wire's. */
function native(value) {
  if (value instanceof JsonNumber) return value.value;
  if (Array.isArray(value)) return value.map(native);
  if (!(value instanceof Map)) return value;
  if (value.has('$float')) return FLOATS[value.get('$float')] ?? native(value.get('$float'));
  if (value.has('$missing')) return null;
  if (value.has('$int')) return native(value.get('$int'));
  if (value.has('$datetime')) return datetime(value.get('$datetime'));
  return Object.fromEntries([...value].map(([name, part]) => [name, native(part)]));
}

// A Date knows no microseconds; where it would lose some, the text goes in.
function datetime(text) {
  const instant = instantOf(text);
  return instant !== null && instant % 1000n === 0n ? new Date(Number(instant / 1000n)) : text;
}

// JavaScript takes 2.0 for 2, so what is no integer by how it is written must be told here (IN-8, IN-9).
function refuseFractions(params) {
  for (const name of ['limit', 'max_asks_per_day']) {
    const value = params.get(name);
    if (value instanceof JsonNumber && !value.isInteger) {
      throw new InvalidInputError(`${name}=${value.text} is no integer of 0 or more`);
    }
  }
}

function requestIn(line) {
  let message;
  try {
    message = parsed(line);
  } catch (error) {
    throw new WireError(PARSE_ERROR, `the line is no JSON: ${error.message}`);
  }
  if (!(message instanceof Map) || message.get('jsonrpc') !== '2.0' || !(message.get('params') instanceof Map)) {
    throw new WireError(INVALID_REQUEST, 'a request has jsonrpc, id, method and params, an object');
  }
  return message;
}

function codeOf(error) {
  if (error instanceof WireError) return error.code;
  if (error instanceof InvalidInputError) return INVALID_PARAMS;
  return error instanceof UnreadableStoreError ? UNREADABLE : OTHER;
}

/** Answers one line; returns the answer and whether it was the last. */
function answered(line) {
  let id = null;
  let method = null;
  try {
    const message = requestIn(line);
    id = message.get('id') ?? null;
    method = message.get('method');
    if (!Object.hasOwn(METHODS, method)) throw new WireError(NO_METHOD, `there is no method ${method}`);
    refuseFractions(message.get('params'));
    const result = METHODS[method](native(message.get('params')));
    return [`{"jsonrpc": "2.0", "id": ${textOf(id)}, "result": ${oneLine(result)}}`, method === 'bye'];
  } catch (error) {
    const [code, text] = [codeOf(error), stringText(String(error.message))];
    return [`{"jsonrpc": "2.0", "id": ${textOf(id)}, "error": {"code": ${code}, "message": ${text}}}`, false];
  }
}

// Texts hold no line breaks once they are escaped, so every one that is left is the layout's.
function oneLine(value) {
  return textOf(value).replaceAll('\n', ' ');
}

function say(line) {
  const bytes = Buffer.from(`${line}\n`, 'latin1');
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

// Not node:readline: it takes U+2028 within a text for the end of a line.
let rest = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const [answer, isLast] = answered(line);
    say(answer);
    if (isLast) process.exit(0);
  }
}
