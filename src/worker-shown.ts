/** What the primary's dashboard looks at: computations and answers, as the workers told them. */
import type { Entry } from './cache/entry.js';
import type { Rooms } from './cache/rooms.js';
import type { Computing } from './cache/underway.js';
import type { Clock } from './clock.js';
import type { DashboardOptions } from './operations/dashboard.js';
import type { SightOfAnswer, SightOfFlight } from './worker-count.js';
import type { Totals } from './worker-totals.js';

/** As much of a computation as is shown. */
function computing(one: SightOfFlight, atMs: number): Computing {
  const { route, address, query, partition, runningMs, usualMs, waiters } = one;
  return {
    ...{ kind: 'flight', route, address, query, partition, usualMs, epoch: 0 },
    ...{ startedMs: atMs - runningMs, waiters: () => waiters },
  };
}

/** As much of a stored answer as is shown; its body stays where it is, and only its size came. */
function answer(sight: SightOfAnswer, atMs: number): Entry {
  const { freshForMs, usableForMs, bodyBytes, ...rest } = sight;
  const endMs = atMs + usableForMs;
  const times = { freshUntilMs: atMs + freshForMs, staleUntilMs: endMs, errorUntilMs: endMs };
  return { ...rest, ...times, body: { byteLength: bodyBytes } } as unknown as Entry;
}

export function shownOf(
  totals: Pick<Totals, 'sights'>,
  rooms: Pick<Rooms, 'store' | 'purges'>,
  clock: Clock,
): DashboardOptions['rooms'] {
  const flights = (): Computing[] =>
    totals
      .sights()
      .flatMap(([, sights, atMs]) => sights.flights.map((one) => computing(one, atMs)));
  /** Each key once: two workers may hold it. */
  const answers = (): readonly Entry[] => {
    const all = new Map<string, Entry>();
    for (const [, sights, atMs] of totals.sights()) {
      for (const one of sights.answers) all.set(one.key, answer(one, atMs));
    }
    return [...all.values()];
  };
  return {
    clock,
    store: {
      ...rooms.store,
      entries: () => answers().values(),
      stats: () => ({ ...rooms.store.stats(), entries: answers().length }),
    },
    purges: {
      ...rooms.purges,
      // Whoever holds it has judged it a moment ago.
      judge: (entry) => (entry.madeOld ? 'stale' : 'live'),
      underway: {
        begin: () => () => undefined,
        all: flights,
        size: () => flights().length,
      },
    },
  };
}
