// The queue file's content: an array of requests, read as strictly as FILE-4 says, written canonically.

import { UnreadableStoreError, shown } from './errors.mjs';
import { instantOf, timeText } from './instant.mjs';
import { JsonNumber, parsed, stringText, textOf } from './json.mjs';

export const FIELDS = [
  'request_id', 'user_id', 'bucket_start_ts', 'bucket_end_ts', 'reason', 'confidence', 'predicted_label', 'created_at',
  'status',
];
const KNOWN = new Set(FIELDS);
const DEFAULTS = { confidence: null, predicted_label: null, status: 'pending' };
const REASONS = ['low_confidence', 'drift'];
const STATUSES = ['pending', 'labeled', 'skipped'];
const DEEPEST = 100;
const IN_SECONDS = /:\d\d:\d\d/;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the bytes of a queue file.
 *
 * @param {string} path what errors name
 * @param {Buffer} content
 * @returns {{request: object, further: Map | null}[]} frozen requests, each with its unknown members
 * @throws {UnreadableStoreError} the bytes are no queue file
 */
export function entriesOf(path, content) {
  const items = arrayOf(path, content);
  const ids = new Set();
  return items.map((item, place) => {
    const refuse = (field, rule) => {
      const where = field === null ? `item ${place}` : `item ${place}, field '${field}'`;
      throw new UnreadableStoreError(`${path} ${where}: ${rule}; the file was not changed`);
    };
    if (!(item instanceof Map)) refuse(null, `${shown(textOf(item))} is no object`);
    const entry = entryOf(item, refuse);
    if (ids.has(entry.request.request_id)) refuse('request_id', `${shown(entry.request.request_id)} is there twice`);
    ids.add(entry.request.request_id);
    return entry;
  });
}

function arrayOf(path, content) {
  let items;
  try {
    items = parsed(UTF8.decode(content), DEEPEST);
  } catch (error) {
    const what = error instanceof SyntaxError ? `it is no JSON: ${error.message}` : 'it is not UTF-8';
    throw new UnreadableStoreError(`${path}: ${what}; mend it, or move it away; the file was not changed`);
  }
  if (Array.isArray(items)) return items;
  throw new UnreadableStoreError(`${path}: it is no array of requests; mend it, or move it away; the file was not changed`);
}

function entryOf(item, refuse) {
  const request = {};
  for (const field of FIELDS) {
    if (item.has(field)) request[field] = readMember(field, item.get(field), refuse);
    else if (field in DEFAULTS) request[field] = DEFAULTS[field];
    else refuse(field, 'it is missing');
  }
  const further = [...item].filter(([name]) => !KNOWN.has(name));
  for (const [name, value] of further) {
    if (!isPortable(name) || !isPortable(value)) refuse(name, 'it holds a number or a text that no file can carry');
  }
  return { request: Object.freeze(request), further: further.length === 0 ? null : new Map(further) };
}

function readMember(field, value, refuse) {
  const wrong = (rule) => refuse(field, `${shown(value instanceof JsonNumber ? value.value : value)} is ${rule}`);
  switch (field) {
    case 'confidence':
      if (value === null) return null;
      return value instanceof JsonNumber && Number.isFinite(value.value) ? value.value : wrong('no finite number');
    case 'predicted_label':
      return value === null || isText(value) ? value : wrong('no text that UTF-8 can carry');
    case 'reason':
      return REASONS.includes(value) ? value : wrong(`not one of ${REASONS.join(', ')}`);
    case 'status':
      return STATUSES.includes(value) ? value : wrong(`not one of ${STATUSES.join(', ')}`);
    case 'request_id':
    case 'user_id':
      return isText(value) ? value : wrong('no text that UTF-8 can carry');
    default: {
      const instant = IN_SECONDS.test(value) ? instantOf(value) : null;
      return instant === null ? wrong('no time as RFC 3339 writes it') : timeText(instant);
    }
  }
}

function isText(value) {
  return typeof value === 'string' && value.isWellFormed();
}

function isPortable(value) {
  if (typeof value === 'string') return value.isWellFormed();
  if (value instanceof JsonNumber) return value.isInteger || Number.isFinite(value.value);
  if (Array.isArray(value)) return value.every(isPortable);
  return !(value instanceof Map) || [...value].every(([name, part]) => isPortable(name) && isPortable(part));
}

/** Writes the canonical bytes: the nine members first, then the unknown ones as they stood. */
export function contentOf(entries) {
  // What was rendered once is kept with its entry, which never changes.
  const texts = entries.map((entry) => (entry.text ??= itemText(entry)));
  return Buffer.from(texts.length === 0 ? '[]' : `[\n${texts.join(',\n')}\n]`, 'latin1');
}

function itemText({ request, further }) {
  const members = FIELDS.map((field) => `    ${stringText(field)}: ${textOf(request[field], '    ')}`);
  for (const [name, value] of further ?? []) members.push(`    ${stringText(name)}: ${textOf(value, '    ')}`);
  return `  {\n${members.join(',\n')}\n  }`;
}
