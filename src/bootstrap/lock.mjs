/** The set-up lock: of several commands in one clone, one installs or builds, the others wait. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { linkSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { bornAt, pause } from './children.mjs';
import { Refusal, say } from './say.mjs';

const LOOK_MS = 200;
/** A first install on a slow line is the longest thing that anybody waits for. */
const WAIT_MAX_MS = 15 * 60_000;
const BEAT_MS = 2_000;
/** A holder on another machine (a shared folder) is gone when it has not shown itself so long. */
const SILENT_MAX_MS = 30_000;

/**
 * Runs `action` while we hold the lock. `action` is given `worksIn(pid)`: while that process lives
 * the lock stays ours even if we are killed, for it goes on writing.
 */
export async function withLock(path, action, waitMaxMs = WAIT_MAX_MS) {
  const token = randomUUID();
  await take(path, token, waitMaxMs);
  const release = () => {
    if (read(path)?.token === token) rmSync(path, { force: true });
  };
  const beat = setInterval(() => touch(path), BEAT_MS);
  beat.unref();
  process.on('exit', release);
  try {
    return await action((pid) => write(path, token, pid));
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}

async function take(path, token, waitMaxMs) {
  mkdirSync(dirname(path), { recursive: true });
  const untilMs = performance.now() + waitMaxMs;
  let said = false;
  for (;;) {
    if (tryTake(path, token)) return;
    const holder = read(path);
    if (holder !== undefined && isStale(path, holder)) {
      await breakStale(path, holder);
      continue;
    }
    if (!said) say('Another command is setting up this clone; waiting for it ...');
    said = true;
    if (performance.now() > untilMs) {
      throw new Refusal(
        `Another command has been setting up this clone for too long; if none is, remove ${path}.`,
      );
    }
    await pause(LOOK_MS);
  }
}

function record(token, workerPid) {
  const worker = workerPid === undefined ? {} : { workerPid, workerBorn: bornAt(workerPid) };
  const mine = { token, host: hostname(), pid: process.pid, born: bornAt(process.pid) };
  return JSON.stringify({ ...mine, ...worker });
}

/** A link is made whole or not at all, so nobody ever reads half a record. */
function tryTake(path, token) {
  const draft = `${path}.${token}`;
  writeFileSync(draft, record(token));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function write(path, token, workerPid) {
  const draft = `${path}.${token}`;
  writeFileSync(draft, record(token, workerPid));
  renameSync(draft, path);
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // Nobody writes half a record: one that cannot be read is what a crashed machine left.
    return error.code === 'ENOENT' ? undefined : { token: 'unreadable' };
  }
}

function isStale(path, holder) {
  if (holder.token === 'unreadable') return true;
  if (holder.host !== hostname()) return silentMs(path) > SILENT_MAX_MS;
  const alive = (pid, born) => pid !== undefined && born !== undefined && bornAt(pid) === born;
  return !alive(holder.pid, holder.born) && !alive(holder.workerPid, holder.workerBorn);
}

function silentMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(path) {
  const now = Date.now() / 1000;
  try {
    utimesSync(path, now, now);
  } catch {
    // The lock was taken from us; what we do is done in a moment anyway.
  }
}

/**
 * Two waiters may both see the same dead holder:
 *   1. A moves the dead record aside and takes the lock.
 *   2. B, which had read the dead record too, moves A's record aside.
 *   3. B sees that what it moved is not what it had read, and puts it back.
 */
async function breakStale(path, holder) {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Somebody else was quicker.
  }
  if (read(aside)?.token !== holder.token) {
    try {
      linkSync(aside, path);
    } catch {
      // A third one holds it by now; both may work, which costs time and breaks nothing.
    }
  }
  rmSync(aside, { force: true });
  await pause(0);
}
