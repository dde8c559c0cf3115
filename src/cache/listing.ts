/** Listing what is stored, page by page in the order of the keys, without holding up anybody. */
import { pathOf, type Entry } from './entry.js';
import type { Rooms } from './rooms.js';

export interface Wanted {
  readonly tag?: string | undefined;
  readonly route?: string | undefined;
  /** The beginning of the path, character by character. */
  readonly prefix?: string | undefined;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** The key after which the next page begins; undefined on the last one. */
  readonly cursor: string | undefined;
}

const SLICE_MAX = 1_000;

function isWanted({ tags, route, address }: Entry, wanted: Wanted): boolean {
  if (wanted.tag !== undefined && !tags.includes(wanted.tag)) return false;
  if (wanted.route !== undefined && route !== wanted.route) return false;
  return wanted.prefix === undefined || pathOf(address).startsWith(wanted.prefix);
}

/** Keeps the array sorted by key and no longer than `max`. */
function insert(page: Entry[], entry: Entry, max: number): void {
  let [low, high] = [0, page.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = page[middle]?.key ?? '';
    // What was moved while we looked is met a second time.
    if (other === entry.key) return;
    if (other < entry.key) low = middle + 1;
    else high = middle;
  }
  if (low >= max) return;
  page.splice(low, 0, entry);
  if (page.length > max) page.pop();
}

/** Costs one look at each stored answer, in slices between which others have their turn. */
export async function listEntries(
  rooms: Pick<Rooms, 'store' | 'purges' | 'clock'>,
  wanted: Wanted,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<Page> {
  const page: Entry[] = [];
  const entries = rooms.store.entries();
  // What is stored while we look must not keep us looking for ever.
  const visitsMax = 2 * rooms.store.stats().entries;
  for (let visits = 0; visits <= visitsMax; visits += 1) {
    const one = entries.next();
    if (one.done === true) break;
    const { value: entry } = one;
    const isBehind = after === undefined || entry.key > after;
    if (isBehind && isWanted(entry, wanted) && rooms.purges.judge(entry) !== 'deleted') {
      insert(page, entry, limit + 1);
    }
    if (visits % SLICE_MAX === SLICE_MAX - 1) {
      await new Promise<void>((resolve) => rooms.clock.after(0, resolve));
    }
  }
  const shown = page.slice(0, limit);
  return { entries: shown, cursor: page.length > limit ? shown.at(-1)?.key : undefined };
}
