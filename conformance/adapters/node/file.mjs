// The disk: a file that is read whole and replaced whole, so that no reader sees half of it.

import { randomBytes } from 'node:crypto';
import {
  closeSync, fchmodSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, realpathSync,
  renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { UnflushedError } from './errors.mjs';

const MOST_LINKS = 40;
const RANDOM = /^[0-9a-f]{16}\.tmp$/;

/** Resolves every symbolic link of a path, the last one included; nothing needs to be there. */
export function targetOf(path) {
  let target = resolve(path);
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const parent = nearest(dirname(target));
    target = join(parent, basename(target));
    const found = lstatSync(target, { throwIfNoEntry: false });
    if (!found?.isSymbolicLink()) return target;
    target = resolve(parent, readlinkSync(target));
  }
  throw Object.assign(new Error(`${path}: too many symbolic links`), { code: 'ELOOP' });
}

function nearest(folder) {
  try {
    return realpathSync(folder);
  } catch (error) {
    if (error.code !== 'ENOENT' || folder === dirname(folder)) throw error;
    return join(nearest(dirname(folder)), basename(folder));
  }
}

/** Reads a file; null where there is none. */
export function contentAt(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Makes a folder and those above it, and flushes each new one into the folder that holds it. */
export function madeFolder(folder) {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made !== dirname(first); made = dirname(made)) flush(dirname(made));
}

/**
 * Replaces a file by new content, whole, flushed before and after; the lock must be held.
 *
 * @param {string} target the file, with every symbolic link resolved; its folder is there
 * @param {Buffer} content
 * @throws {UnflushedError} the file was replaced, but flushing the folder failed
 * @throws any other error of the file system: nothing changed, and no temporary file is left
 */
export function replace(target, content) {
  const folder = dirname(target);
  sweep(folder, basename(target));
  const temporary = join(folder, `.${basename(target)}.${randomBytes(8).toString('hex')}.tmp`);
  try {
    write(temporary, content, statSync(target, { throwIfNoEntry: false })?.mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  try {
    flush(folder);
  } catch (error) {
    throw new UnflushedError(`${target}: the change took effect, but a power cut may undo it: ${error.message}`, { cause: error });
  }
}

// Every writer holds the lock, so a temporary file that stands here is a dead one's (DUR-3).
function sweep(folder, name) {
  const isLeft = (one) => one.startsWith(`.${name}.`) && RANDOM.test(one.slice(name.length + 2));
  for (const one of readdirSync(folder).filter(isLeft)) rmSync(join(folder, one), { force: true });
}

function write(temporary, content, mode) {
  const descriptor = openSync(temporary, 'wx', 0o666);
  try {
    if (mode !== undefined) fchmodSync(descriptor, mode & 0o7777);
    writeFileSync(descriptor, content); // goes on after short writes, until all is written or one fails
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function flush(folder) {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
