// Errors, by whose fault they are; each message says where, what, which rule, how to mend.

/** The caller's fault: bad input was refused, and nothing changed (IN). */
export class InvalidInputError extends Error {
  name = 'InvalidInputError';
}

/** The store's fault: the file is no queue file, and stays byte for byte as it is (FILE-4). */
export class UnreadableStoreError extends Error {
  name = 'UnreadableStoreError';
}

/** Others held the lock for too long, or there is no way to take it; nothing changed. */
export class StoreBusyError extends Error {
  name = 'StoreBusyError';
}

/** The change took effect, but flushing it failed, so a power cut may undo it (DUR-1). */
export class UnflushedError extends Error {
  name = 'UnflushedError';
}

/** Writes any value for a message, in 80 characters at most. */
export function shown(value) {
  const text = typeof value === 'string' ? JSON.stringify(value) : plain(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function plain(value) {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
    return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
  }
  return String(value);
}
