/** Bans: purges by path pattern, kept as a short list until nothing older than them is left. */
import { pathMatcher } from '../policy/rules.js';
import type { Fence, Moment } from './fences.js';

interface Ban extends Moment {
  readonly pattern: string;
  readonly matches: (path: string) => boolean;
}

export interface Bans {
  /** Whether so many of these patterns are new that they would not fit. */
  refuses(patterns: readonly string[], mode: Moment['mode']): boolean;
  add(pattern: string, moment: Moment): void;
  /** The newest bans of this path among those younger than `since`. */
  over(path: string, since: number): Readonly<Fence>;
  /** Forgets the bans up to this epoch, but for those of a path that is being computed. */
  forget(upToEpoch: number, isComputed: (matches: (path: string) => boolean) => boolean): void;
  oldestEpoch(): number | undefined;
  stats(): { readonly bans: number; readonly bansMax: number; readonly matched: number };
}

export function openBans(bansMax: number): Bans {
  /** In the order of their epochs; a pattern that is banned again moves to the end. */
  const bans = new Map<string, Ban>();
  let newest: Ban[] = [];
  let matched = 0;
  const nameOf = (pattern: string, mode: Moment['mode']): string => `${mode} ${pattern}`;
  const reorder = (): void => {
    newest = [...bans.values()].reverse();
  };
  return {
    refuses(patterns, mode) {
      const added = new Set(patterns.map((pattern) => nameOf(pattern, mode)));
      for (const name of bans.keys()) added.delete(name);
      return bans.size + added.size > bansMax;
    },
    add(pattern, moment) {
      const name = nameOf(pattern, moment.mode);
      bans.delete(name);
      bans.set(name, { ...moment, pattern, matches: pathMatcher(pattern) });
      reorder();
    },
    over(path, since) {
      const fence = { deleted: 0, staled: 0, staledAtMs: 0 };
      for (const { epoch, mode, nowMs, matches } of newest) {
        if (epoch <= since || (fence.deleted > 0 && fence.staled > 0)) break;
        matched += 1;
        if (!matches(path)) continue;
        if (mode === 'delete') fence.deleted = Math.max(fence.deleted, epoch);
        else if (epoch > fence.staled) {
          fence.staled = epoch;
          fence.staledAtMs = nowMs;
        }
      }
      return fence;
    },
    forget(upToEpoch, isComputed) {
      for (const [name, { epoch, matches }] of bans) {
        if (epoch <= upToEpoch && !isComputed(matches)) bans.delete(name);
      }
      reorder();
    },
    oldestEpoch: () => newest.at(-1)?.epoch,
    stats: () => ({ bans: bans.size, bansMax, matched }),
  };
}
