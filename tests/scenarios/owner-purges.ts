/** Purges that come while everybody asks, and what no answer may be older than after each. */
import { dealPath } from './owner-questions.js';

export interface Floors {
  /** From now on nothing that this covers may be older at this node. */
  raise(node: number, floor: Floor): void;
  of(node: number, path: string): Floor;
}

export interface Floor {
  /** What the origin had answered by then was purged. */
  readonly serial: number;
  readonly covers: (path: string) => boolean;
  /** The purge in words, for whoever looks into a failure. */
  readonly by: string;
}

const NONE: Floor = { serial: 0, covers: () => true, by: '' };

/** More are forgotten: then the check is weaker, never wrong. */
const FLOORS_MAX = 64;

export function openFloors(nodes: number): Floors {
  const floors: Floor[][] = Array.from({ length: nodes }, () => []);
  return {
    raise(node, floor) {
      const own = floors[node];
      own?.push(floor);
      if (own !== undefined && own.length > FLOORS_MAX) own.shift();
    },
    of(node, path) {
      let highest = NONE;
      for (const one of floors[node] ?? []) {
        if (one.serial > highest.serial && one.covers(path)) highest = one;
      }
      return highest;
    },
  };
}

export interface Purge {
  readonly order: Readonly<Record<string, unknown>>;
  readonly covers: (path: string) => boolean;
}

const begins =
  (start: string) =>
  (path: string): boolean =>
    path.startsWith(start);

/** Mostly of one path, so that something is left to be found. */
export function dealPurge(random: () => number): Purge {
  const common = { mode: 'delete', wait: random() < 0.5 ? 'local' : 'cluster' };
  const dice = random();
  if (dice < 0.08) return { order: { type: 'all', selectors: [], ...common }, covers: () => true };
  if (dice < 0.16) {
    const covers = (path: string): boolean => !path.startsWith('/http/');
    return { order: { type: 'tag', selectors: ['some'], ...common }, covers };
  }
  if (dice < 0.24) {
    const order = { type: 'route', selectors: ['/http/**'], ...common };
    return { order, covers: begins('/http/') };
  }
  if (dice < 0.32) {
    const order = { type: 'pattern', selectors: ['/cookie/**'], ...common };
    return { order, covers: begins('/cookie/') };
  }
  const [, one] = dealPath(random);
  return {
    order: { type: 'path', selectors: [one], ...common },
    covers: (path) => path === one,
  };
}
