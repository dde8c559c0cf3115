/** Keeping: the last look before an answer is stored, and what becomes of the one before it. */
import type { RefusalReason } from '../message.js';
import { ERROR_HOLD_MAX_MS, isFailing, refreshPauseMs } from '../policy/backoff.js';
import type { Entry } from './entry.js';
import type { Rooms } from './rooms.js';

/** A good answer that may still go out, be it only in an error's place. */
export function isGoodYet(
  { purges }: Pick<Rooms, 'purges'>,
  entry: Entry | undefined,
  nowMs: number,
): entry is Entry {
  if (entry === undefined || entry.negative) return false;
  if (purges.judge(entry) === 'deleted') return false;
  return nowMs < Math.max(entry.freshUntilMs, entry.staleUntilMs, entry.errorUntilMs);
}

/**
 * The last look before storing: purges that came meanwhile, and a good answer that is still
 * usable.
 */
export function keep(rooms: Rooms, entry: Entry): RefusalReason | undefined {
  const mayBeAskedAbout = entry.http !== undefined && entry.etag !== undefined;
  // What is old on arrival is kept only where the next caller can ask whether it still holds.
  if (entry.freshUntilMs <= entry.storedAtMs && !mayBeAskedAbout) return 'zero-lifetime';
  if (rooms.purges.judgeArrival(entry) === 'deleted') return 'fenced';
  const older = rooms.store.peek(entry.key);
  // A purge parted them: the one that began later is the newer, whichever arrived first.
  if (older !== undefined && older.epoch > entry.epoch) return 'fenced';
  // Who is asked for often stays so; what was long ago counts for less and less.
  entry.hits = (older?.hits ?? 0) >> 1;
  entry.hitsBefore = entry.hits;
  if (entry.negative && isFailing(entry.status)) {
    const isCovered = older?.partition === entry.partition;
    if (isCovered && isGoodYet(rooms, older, entry.storedAtMs)) return 'good-kept';
  }
  const taken = rooms.store.set(entry);
  if (taken !== 'stored') return taken;
  shelve(rooms, entry);
  return undefined;
}

/** Lists it among the answers of its resource, where it is one of several. */
export function shelve(
  { variants, store }: Pick<Rooms, 'variants' | 'store'>,
  { key, storedAtMs, http }: Entry,
): void {
  if (http === undefined) return;
  const { base, names, values, language } = http;
  const gaveWay = variants.add(base, { key, names, values, language, storedAtMs });
  if (gaveWay !== undefined) store.delete(gaveWay.key);
}

/** It lives on under another key, for its origin varies it by other fields now. */
export function supersede({ store, variants, second }: Rooms, old: Entry): void {
  if (old.http !== undefined) variants.remove(old.http.base, old.key);
  store.delete(old.key);
  second?.forget(old);
}

/** The upstream has spoken, and what it said is not kept: the older answer no longer holds. */
export function forget(rooms: Rooms, key: string, status: number, epoch: number): void {
  if (isFailing(status)) return;
  const stored = rooms.store.get(key);
  // A computation that began after a purge may have landed first: its answer is the newer one.
  if (stored === undefined || stored.epoch > epoch) return;
  rooms.store.delete(key);
  rooms.second?.forget(stored);
}

/** Errors of this key in a row; those that ended long ago do not count. */
export function failuresOf(old: Entry | undefined, nowMs: number): number {
  if (old === undefined) return 0;
  const endedMs = old.negative ? old.freshUntilMs : old.refreshNotBeforeMs;
  return nowMs < endedMs + ERROR_HOLD_MAX_MS ? old.failures : 0;
}

/** The old answer stays, and waits longer and longer for the next attempt to replace it. */
export function pauseRefresh(
  { clock, negativeRetryMs }: Pick<Rooms, 'clock' | 'negativeRetryMs'>,
  old: Entry,
  why: Entry['failedBy'],
  retryAfterMs = 0,
): void {
  const nowMs = clock.nowMs();
  const there = old.movedTo ?? old;
  // Where there was no turn to ask, nothing has failed.
  if (why === 'if-error') there.failures = failuresOf(there, nowMs) + 1;
  const failures = why === 'if-error' ? there.failures : 1;
  there.failedBy = why;
  there.refreshNotBeforeMs = nowMs + refreshPauseMs(negativeRetryMs, failures, retryAfterMs);
}
