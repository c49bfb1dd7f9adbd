// Instants: microseconds since 1970 in UTC, as BigInt. JavaScript's Date knows milliseconds only.

const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-])(\d\d):(\d\d))?$/;
const EARLIEST = BigInt(startOfYear(1)) * 1000n;
const END = BigInt(startOfYear(10_000)) * 1000n;

function startOfYear(year) {
  return new Date(0).setUTCFullYear(year, 0, 1); // Date.UTC takes the years 0 to 99 for 1900 to 1999
}

/**
 * Reads a timestamp: a Date, or ISO 8601 text with a time of day. Naive text means UTC; another
 * offset is converted; what is finer than a microsecond is cut.
 *
 * @returns {bigint | null} null where it is no timestamp, or outside the years 1 to 9999
 */
export function instantOf(value) {
  if (value instanceof Date) return within(Number.isNaN(value.getTime()) ? null : BigInt(value.getTime()) * 1000n);
  const match = typeof value === 'string' ? TIME.exec(value) : null;
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '', , sign, hours = '0', minutes = '0'] = match;
  const midnight = midnightOf(Number(year), Number(month), Number(day));
  if (midnight === null || hour > 23 || minute > 59 || second > 59 || hours > 23 || minutes > 59) return null;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const seconds = Number(hour) * 3600 + (Number(minute) - offset) * 60 + Number(second);
  return within(BigInt(midnight + seconds * 1000) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6)));
}

function midnightOf(year, month, day) {
  const date = new Date(0);
  const milliseconds = date.setUTCFullYear(year, month - 1, day);
  const isThere = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isThere ? milliseconds : null; // the 30th of February is the 2nd of March to a Date
}

function within(instant) {
  return instant !== null && instant >= EARLIEST && instant < END ? instant : null;
}

/** Writes an instant as RFC 3339 in UTC with Z, with six digits of fraction where there is one. */
export function timeText(instant) {
  const microsecond = ((instant % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const whole = new Date(Number((instant - microsecond) / 1000n)).toISOString().slice(0, 19);
  return microsecond === 0n ? `${whole}Z` : `${whole}.${String(microsecond).padStart(6, '0')}Z`;
}

/** The UTC calendar day of a time that `timeText` wrote. */
export function dayOf(time) {
  return time.slice(0, 10);
}

/** What the clock of the machine says. */
export function systemNow() {
  return BigInt(Date.now()) * 1000n;
}
