// Rows and mappings, stopped at the door: they come out validated, or one error names every bad one.

import { InvalidInputError, shown } from './errors.mjs';
import { instantOf, timeText } from './instant.mjs';
import { floatText } from './json.mjs';

const KEYS = ['user_id', 'bucket_start_ts', 'bucket_end_ts'];
const COLUMNS = [...KEYS, 'confidence', 'predicted_label'];
const MOST_TOLD = 10;

/** Whether a value stands for "there is none". */
function isMissing(value) {
  return value === null || value === undefined || Number.isNaN(value) || (value instanceof Date && Number.isNaN(value.getTime()));
}

/**
 * Reads the rows of a frame.
 *
 * @param {object[]} rows one object per bucket; a column of which a row says nothing is missing there
 * @param {number} threshold what a confidence must be below
 * @param {string[]} columns which columns there are
 * @returns {object[]} the selected rows as buckets, in order
 * @throws {InvalidInputError} the threshold, or anything in a row that counts, is bad
 */
export function selectedRows(rows, threshold, columns) {
  if (typeof threshold !== 'number' || !Number.isFinite(threshold)) {
    throw new InvalidInputError(`threshold=${shown(threshold)} is no finite number`);
  }
  const list = listOf(rows, 'rows');
  const absent = list.length === 0 ? [] : COLUMNS.filter((name) => !columns.includes(name));
  if (absent.length > 0) throw new InvalidInputError(`rows: there is no column ${absent.join(', ')}; add it`);
  return judged(list, 'rows row', (row, problems) => {
    const confidence = confidenceOf(row, problems);
    if (problems.length > 0 || (confidence !== null && confidence >= threshold)) return null;
    return { ...placeOf(row, problems), confidence, predicted_label: labelText(row.predicted_label, problems) };
  });
}

/**
 * Reads mappings that drift detection flagged.
 *
 * @param {object[]} buckets
 * @returns {object[]} the buckets, in order
 * @throws {InvalidInputError} anything in a mapping is bad
 */
export function drifted(buckets) {
  return judged(listOf(buckets, 'buckets'), 'buckets item', (bucket, problems) => {
    const absent = KEYS.filter((name) => !Object.hasOwn(bucket, name));
    problems.push(...absent.map((name) => `there is no key ${name}; add it`));
    if (problems.length > 0) return null;
    const confidence = confidenceOf(bucket, problems);
    const label = bucket.predicted_label;
    if (!isMissing(label) && typeof label !== 'string') problems.push(`predicted_label=${shown(label)} is no text`);
    return { ...placeOf(bucket, problems), confidence, predicted_label: labelText(label, problems) };
  });
}

function listOf(value, name) {
  if (!Array.isArray(value)) throw new InvalidInputError(`${name}=${shown(value)} is no array`);
  return value;
}

function judged(rows, where, judge) {
  const told = [];
  const found = [];
  rows.forEach((row, place) => {
    const problems = [];
    const isObject = row !== null && typeof row === 'object' && !Array.isArray(row);
    const bucket = isObject ? judge(row, problems) : void problems.push(`${shown(row)} is no object`);
    if (problems.length > 0) told.push(...problems.map((problem) => `${where} ${place}: ${problem}`));
    else if (bucket !== null) found.push(bucket);
  });
  if (told.length === 0) return found;
  const more = told.length > MOST_TOLD ? `; and ${told.length - MOST_TOLD} more` : '';
  throw new InvalidInputError(`${told.slice(0, MOST_TOLD).join('; ')}${more}; nothing was added`);
}

function confidenceOf(row, problems) {
  const value = row.confidence;
  if (isMissing(value)) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  problems.push(`confidence=${shown(value)} is no finite number`);
  return null;
}

function placeOf(row, problems) {
  const { user_id: user, bucket_start_ts: startsAt, bucket_end_ts: endsAt } = row;
  if (typeof user !== 'string') problems.push(`user_id=${shown(user)} is no text`);
  else if (!user.isWellFormed()) problems.push(`user_id=${shown(user)} is no text that UTF-8 can carry`);
  const [start, end] = [instantOf(startsAt), instantOf(endsAt)];
  if (start === null) problems.push(`bucket_start_ts=${shown(startsAt)} is no timestamp`);
  if (end === null) problems.push(`bucket_end_ts=${shown(endsAt)} is no timestamp`);
  if (start === null || end === null) return {};
  if (end <= start) problems.push(`bucket_end_ts=${shown(endsAt)} is not after bucket_start_ts=${shown(startsAt)}`);
  return { user_id: user, bucket_start_ts: timeText(start), bucket_end_ts: timeText(end) };
}

function labelText(value, problems) {
  if (isMissing(value)) return null;
  const text = spelled(value);
  if (!text.isWellFormed()) problems.push(`predicted_label=${shown(value)} is no text that UTF-8 can carry`);
  return text;
}

// IN-7 says "its `str`", which is Python's: True, 1.5, 7.
function spelled(value) {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatText(value);
  return typeof value === 'string' ? value : shown(value);
}
