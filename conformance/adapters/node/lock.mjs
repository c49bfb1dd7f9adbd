// The lock: one writer at a time over one file, among all programs in all languages.
//
// It is flock(2), exclusive, on the sidecar: the file beside the target whose name ends in
// `.lock`. Node cannot call flock itself; `flock` of util-linux can, on a descriptor that it is
// handed. The lock belongs to what was opened, not to who locked it: it stays with Node's
// descriptor after the helper has ended, and goes when Node closes it, or dies.

import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';

import { StoreBusyError } from './errors.mjs';

const TIMEOUT_S = 60;
const TAKEN = 1;

/**
 * Does work while no other writer has the lock.
 *
 * @param {string} target the file, with every symbolic link resolved; its folder is there
 * @param {() => T} work
 * @returns {T} what the work returns
 * @throws {StoreBusyError} the lock was not free in time; nothing was done
 */
export function exclusively(target, work) {
  const descriptor = locked(`${target}.lock`);
  try {
    return work();
  } finally {
    closeSync(descriptor);
  }
}

function locked(sidecar) {
  for (;;) {
    const descriptor = openSync(sidecar, 'a', 0o666);
    try {
      flock(descriptor, sidecar);
      if (isStillThere(descriptor, sidecar)) return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(descriptor); // somebody deleted the sidecar meanwhile: others lock another one
  }
}

function isStillThere(descriptor, sidecar) {
  const held = fstatSync(descriptor, { bigint: true });
  const there = statSync(sidecar, { bigint: true, throwIfNoEntry: false });
  return there !== undefined && there.ino === held.ino && there.dev === held.dev;
}

function flock(descriptor, sidecar) {
  const { error, status, signal } = spawnSync('flock', ['-x', '-w', String(TIMEOUT_S), '3'], {
    stdio: ['pipe', 'pipe', 'inherit', descriptor],
  });
  if (error?.code === 'ENOENT') {
    throw new StoreBusyError(`${sidecar}: there is no program flock to lock it with; install util-linux`);
  }
  if (error !== undefined) throw error;
  if (status === TAKEN) {
    throw new StoreBusyError(`${sidecar}: another writer holds the lock, which was not free for ${TIMEOUT_S} s; try again`);
  }
  if (status !== 0) throw new StoreBusyError(`${sidecar}: flock ended with ${signal ?? `status ${status}`}`);
}
