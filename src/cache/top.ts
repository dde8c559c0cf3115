/** The stored answers that have saved the most computing: one look at each of them. */
import type { Entry } from './entry.js';
import type { Rooms } from './rooms.js';

const SLICE_MAX = 1_000;
const ERRORS_FROM = 400;

/** Computing time that its hits did not have to spend again. */
export function savedMs({ hits, costMs }: Entry): number {
  return hits * costMs;
}

/** What was computed, and not how computing failed: an error that is often asked for saves none. */
function isAnswer({ negative, status }: Entry): boolean {
  return !negative && status < ERRORS_FROM;
}

/** Keeps the list sorted by what was saved, the most first, and no longer than `max`. */
function insert(top: Entry[], entry: Entry, max: number): void {
  const least = top[max - 1];
  if (least !== undefined && savedMs(entry) <= savedMs(least)) return;
  // What was moved while we looked is met a second time.
  if (top.some(({ key }) => key === entry.key)) return;
  let [low, high] = [0, top.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = top[middle];
    if (other !== undefined && savedMs(other) >= savedMs(entry)) low = middle + 1;
    else high = middle;
  }
  top.splice(low, 0, entry);
  if (top.length > max) top.pop();
}

/** In slices, between which others have their turn. */
export async function topSaved(
  { store, purges, clock }: Pick<Rooms, 'store' | 'purges' | 'clock'>,
  max: number,
  isWanted: (entry: Entry) => boolean = isAnswer,
): Promise<readonly Entry[]> {
  const top: Entry[] = [];
  const entries = store.entries();
  // What is stored while we look must not keep us looking for ever.
  const visitsMax = 2 * store.stats().entries;
  for (let visits = 1; visits <= visitsMax; visits += 1) {
    const one = entries.next();
    if (one.done === true) break;
    const { value: entry } = one;
    const counts = entry.hits > 0 && purges.judge(entry) !== 'deleted';
    if (counts && isWanted(entry)) insert(top, entry, max);
    if (visits % SLICE_MAX === 0) {
      await new Promise<void>((resolve) => clock.after(0, resolve));
    }
  }
  return top;
}
