/** A lock between processes: a folder that only one of them can make. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, ownName } from './lifetimes.js';

export interface LockOptions {
  /** The longest wait for the lock; also the age at which a lock without an owner is broken. */
  readonly waitMs: number;
  readonly pollMs?: number;
}

/**
 * Does `work` while nobody else holds the lock. Two who break the same stale lock at the same
 * moment may both go on; what they do must therefore end in one atomic rename.
 */
export async function withLock<T>(
  lock: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const pollMs = options.pollMs ?? 50;
  for (let waitedMs = 0; !(await take(lock)); waitedMs += pollMs) {
    if (await isStale(lock, options.waitMs)) {
      await rm(lock, { recursive: true, force: true });
    } else if (waitedMs >= options.waitMs) {
      throw new Error(`Another test run holds ${lock}; remove it if there is none.`);
    } else {
      await sleep(pollMs);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(lock, 'owner'), ownName());
  return true;
}

async function isStale(lock: string, ageMsMax: number): Promise<boolean> {
  try {
    const owner = await readFile(join(lock, 'owner'), 'utf8').catch(() => '');
    if (owner !== '') return !isAlive(owner);
    // Its maker has not signed yet, or died before it could.
    return Date.now() - (await stat(lock)).mtimeMs > Math.min(ageMsMax, 5_000);
  } catch {
    return false;
  }
}
