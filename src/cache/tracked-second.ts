/** The second tier with its answers tracked: whoever changes them there is heard here. */
import type { TrackingListener, TrackingStats } from '../redis/tracking.js';
import type { Entry } from './entry.js';
import type { SecondTier } from './second-tier.js';
import type { TrackedBook, TrackedStats } from './tracked.js';

export type TrackedTierStats = TrackingStats & TrackedStats;

export interface TrackedTier extends TrackedBook {
  /** It lies in memory, and nobody knows since when: asked about before it goes out. */
  adopt(entry: Entry): void;
}

export interface TrackedSecondTools {
  readonly book: TrackedBook;
  /** What the key in Redis has in its braces; undefined where it is not kept there. */
  readonly familyOf: (entry: Pick<Entry, 'route' | 'key'>) => string | undefined;
  readonly tracking: { stats(): TrackingStats; close(): void };
}

/**
 * The family stands for the one answer that it has. Where it has several each is called by its
 * key, and the index beside them is no answer.
 */
export function trackedNames(prefix: string): (key: string) => string | undefined {
  const start = `${prefix}{`;
  const END = /^[A-Za-z0-9_-]+\}:entry(?::([A-Za-z0-9_-]+))?$/;
  return (key) => {
    if (!key.startsWith(start)) return undefined;
    const rest = key.slice(start.length);
    const found = END.exec(rest);
    return found === null ? undefined : (found[1] ?? rest.slice(0, rest.indexOf('}')));
  };
}

export function listenerFor(book: TrackedBook, prefix: string): TrackingListener {
  const nameIn = trackedNames(prefix);
  return {
    changed(key, evictions) {
      const name = nameIn(key);
      if (name !== undefined) book.changed(name, evictions);
    },
    flushed() {
      book.doubtAll(true);
    },
    resumed(isSure) {
      book.doubtAll(isSure);
    },
  };
}

export function trackSecond(second: SecondTier, tools: TrackedSecondTools): SecondTier {
  const { book, familyOf, tracking } = tools;
  const nameOf = (entry: Entry): string | undefined => {
    const family = familyOf(entry);
    return family === undefined || entry.http === undefined ? family : entry.key;
  };
  return {
    ...second,
    tracked: {
      ...book,
      adopt(entry) {
        const name = nameOf(entry);
        if (name === undefined) return;
        entry.tracked = book.strange(name);
        book.joined(entry.tracked);
      },
    },
    async look(task, waitMs, own) {
      const sighting = book.sight();
      try {
        const look = await second.look(task, waitMs, own);
        if (look.kind === 'found') {
          const name = nameOf(look.entry);
          if (name !== undefined) look.entry.tracked = book.found(name, sighting);
        }
        return look;
      } finally {
        book.sighted();
      }
    },
    keep(entry, mark) {
      const written = second.keep(entry, mark);
      const name = nameOf(entry);
      if (name !== undefined) {
        // An error that is written only where nothing lies is perhaps not announced.
        const isAnnounced =
          mark !== undefined && !entry.negative && tracking.stats().state === 'on';
        entry.tracked = book.own(name, written, isAnnounced);
        book.joined(entry.tracked);
      }
      return written;
    },
    stats: () => ({ ...second.stats(), tracking: { ...tracking.stats(), ...book.stats() } }),
    async close() {
      tracking.close();
      book.close();
      await second.close();
    },
  };
}
