/** Aliases: from the raw request of an earlier hit to its key, for the fast lane; bounded. */
import type { Task } from './plan.js';
import type { RouteTally } from './tally.js';

export interface Alias {
  readonly key: string;
  /** The slot that the rule chose, which may be a shared one. */
  readonly partition: string;
  readonly tally: RouteTally;
  /** What the second tier is asked for; undefined where there is none. */
  readonly sought: Pick<Task, 'route' | 'keyed'> | undefined;
  /** Until then the lane leaves that to the flights: nothing was there, or it is being computed. */
  lookFromMs: number;
}

export interface Aliases {
  get(partition: string, host: string, url: string): Alias | undefined;
  set(partition: string, host: string, url: string, alias: Alias): void;
  /** After the rules changed, no alias may speak for the old ones. */
  clear(): void;
  stats(): { readonly entries: number; readonly entriesMax: number };
}

export function openAliases(entriesMax: number): Aliases {
  const byRequest = new Map<string, Alias>();
  // One iterator that lives on: a new one would step over every hole that it left behind.
  let oldest = byRequest.keys();
  // Neither a partition nor a host can hold a line feed, so the parts cannot run into each other.
  const nameOf = (partition: string, host: string, url: string): string =>
    `${partition}\n${host}\n${url}`;
  return {
    get: (partition, host, url) => byRequest.get(nameOf(partition, host, url)),
    set(partition, host, url, alias) {
      const name = nameOf(partition, host, url);
      // Anybody can invent aliases; the oldest gives way, and an alias in use comes back by itself.
      if (byRequest.size >= entriesMax && !byRequest.has(name)) {
        let next = oldest.next();
        if (next.done === true) next = (oldest = byRequest.keys()).next();
        if (next.done !== true) byRequest.delete(next.value);
      }
      byRequest.set(name, alias);
    },
    clear() {
      byRequest.clear();
    },
    stats: () => ({ entries: byRequest.size, entriesMax }),
  };
}
