/** The stored answers that have saved the most: a short list, looked up when somebody asks. */
import { pathOf, type Entry } from '../../cache/entry.js';
import { shownPartition, stateOf } from '../../cache/describe.js';
import type { Rooms } from '../../cache/rooms.js';
import { savedMs, topSaved } from '../../cache/top.js';

type Shelves = Pick<Rooms, 'store' | 'purges' | 'clock'>;

export interface TopAnswers {
  /** The list as it was found last; it is looked up anew behind the answer when it is too old. */
  list(): readonly object[];
  /** Looks at everything stored now; resolves when the list is new. */
  refresh(): Promise<void>;
}

const TOP_MAX = 10;
const RENEW_MS = 5_000;

/** Fields of a query that are likely to hold what only their owner should read. */
const SECRETIVE = /(?:token|key|secret|pass|pwd|auth|sig|session|credential|jwt|code)/i;
const MASK = '•••';

/** A query for people: each value that may be a secret is left out. */
export function readableQuery(query: string | undefined): string | null {
  if (query === undefined) return null;
  const fields = query.split('&').map((field) => {
    const [name = ''] = field.split('=', 1);
    return field.includes('=') && SECRETIVE.test(name) ? `${name}=${MASK}` : field;
  });
  return fields.join('&');
}

function shown(shelves: Shelves, entry: Entry): object {
  const path = pathOf(entry.address);
  return {
    key: entry.key,
    route: entry.route,
    host: entry.address.slice(0, -path.length),
    path,
    query: readableQuery(entry.query),
    partition: shownPartition(entry.partition),
    // First, for it brings the times up to date.
    state: stateOf(shelves, entry),
    ttl_seconds: Math.round((entry.freshUntilMs - shelves.clock.nowMs()) / 1000),
    hits: entry.hits,
    compute_ms: Math.round(entry.costMs),
    seconds_saved: Math.round(savedMs(entry)) / 1000,
    body_bytes: entry.body.byteLength,
  };
}

/** `onFailure` hears of what went wrong behind an answer. */
export function openTop(shelves: Shelves, onFailure: (thrown: unknown) => void): TopAnswers {
  let top: readonly Entry[] = [];
  let sinceMs = -Infinity;
  let looking = false;

  /** One look at each stored answer, in slices between which others have their turn. */
  const refresh = async (): Promise<void> => {
    top = await topSaved(shelves, TOP_MAX);
    sinceMs = shelves.clock.nowMs();
  };

  return {
    refresh,
    list() {
      if (!looking && shelves.clock.nowMs() - sinceMs >= RENEW_MS) {
        looking = true;
        refresh()
          .catch(onFailure)
          .finally(() => {
            looking = false;
          });
      }
      const there = top.filter((entry) => shelves.purges.judge(entry) !== 'deleted');
      // What each has saved has grown since they were found.
      there.sort((one, other) => savedMs(other) - savedMs(one));
      return there.map((entry) => shown(shelves, entry));
    },
  };
}
