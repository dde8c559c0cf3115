/** The second tier as the cache path sees it: what it may hold, what it holds, and who computes. */
import type { Clock } from '../clock.js';
import { describeThrown, type Failure } from '../errors.js';
import type { Log } from '../log.js';
import type { Entry } from './entry.js';
import type { Fleet, FleetMark, Lead, Released } from './fleet.js';
import { markIn, marksFor } from './frame-marks.js';
import type { Task } from './plan.js';
import type { Purges } from './purge.js';
import type { RedisStore, RedisStoreStats } from './redis-store.js';

export interface SecondTierOptions {
  /** All that a caller waits for Redis, reads and lock together. */
  readonly budgetMs: number;
  /** How many answers that were taken back by hand are remembered. */
  readonly forgottenMax: number;
}

export interface SecondTierTools {
  readonly store: RedisStore;
  readonly fleet: Fleet;
  readonly purges: Purges;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /**
   * What the answers of this route depend on beside their key. Undefined: what they depend on is
   * this process alone, so no other may have them.
   */
  readonly scopeOf: (route: string) => string | undefined;
}

export type Look =
  /** Its epoch is ours; no purge has been judged yet. */
  | { readonly kind: 'found'; readonly entry: Entry }
  | { readonly kind: 'absent' }
  /** Redis is of no help now. */
  | { readonly kind: 'failed' };

export interface SecondTierStats extends RedisStoreStats {
  /** Values that were read well and are older than what is known of purges. */
  readonly tooOld: number;
  readonly leads: Readonly<Record<Lead['kind'] | 'released', number>>;
}

export interface SecondTier {
  readonly budgetMs: number;
  /** Whether an answer to this could lie there. */
  covers(task: Task): boolean;
  /** Where the fleet stands: to be asked when a computation begins. */
  mark(): FleetMark | undefined;
  /** Never rejects. */
  look(task: Task, waitMs: number): Promise<Look>;
  /** Writes behind; resolves with whether it was written in the end. */
  keep(entry: Entry, mark: FleetMark | undefined): Promise<boolean>;
  /** Nobody gets from there what lies there now. */
  forget(entry: Entry): void;
  /** Never rejects; releasing never does either. */
  lead(task: Task, signal: AbortSignal | undefined, budgetMs: number): Promise<Lead>;
  /** Whether it is of no help now, so that every node computes for itself. */
  isDown(): boolean;
  stats(): SecondTierStats;
}

const ABSENT: Look = { kind: 'absent' };
const FAILED: Look = { kind: 'failed' };
const ALONE: Lead = { kind: 'alone' };

/** What was taken back by hand: its value may still lie there, or be on its way. */
function openForgotten(max: number, clock: Clock) {
  const since = new Map<string, number>();
  return {
    add(family: string): void {
      since.delete(family);
      since.set(family, clock.nowMs());
      const [oldest] = since.keys();
      if (since.size > max && oldest !== undefined) since.delete(oldest);
    },
    covers(family: string, { storedAtMs }: Entry): boolean {
      const sinceMs = since.get(family);
      return sinceMs !== undefined && storedAtMs <= sinceMs;
    },
  };
}

export function openSecondTier(options: SecondTierOptions, tools: SecondTierTools): SecondTier {
  const { store, fleet, purges, clock, log, scopeOf } = tools;
  const forgotten = openForgotten(options.forgottenMax, clock);
  const leads = { lead: 0, landed: 0, failed: 0, alone: 0, released: 0 };
  /** Computations of this node that the fleet waits for. */
  const leading = new Set<string>();
  let tooOld = 0;
  purges.outlast();

  const familyFor = (route: string, key: string): string | undefined => {
    const scope = scopeOf(route);
    return scope === undefined ? undefined : store.familyOf(scope, key);
  };
  /** A frame says where the fleet stood; here that becomes an epoch of our own. */
  const placed = (entry: Entry, numbers: readonly number[], family: string): Look => {
    const mark = markIn(numbers, scopeOf(entry.route) ?? '');
    if (mark === undefined) {
      store.reject('scope', family);
      return ABSENT;
    }
    const epoch = fleet.epochAt(mark);
    if (epoch === undefined || epoch < purges.forgottenEpoch()) tooOld += 1;
    else if (!forgotten.covers(family, entry)) {
      Object.assign(entry, { epoch, judgedEpoch: epoch });
      return { kind: 'found', entry };
    }
    return ABSENT;
  };
  /** However often it is called, it counts once; and whoever waits is told even if this fails. */
  const releasing = (family: string, lead: Lead & { kind: 'lead' }): Lead => {
    let isOver = false;
    return {
      kind: 'lead',
      async release(how: Released, failure?: Failure) {
        if (isOver) return;
        isOver = true;
        leading.delete(family);
        leads.released += 1;
        try {
          await lead.release(how, failure);
        } catch (thrown) {
          log.warn('lead_release_failed', describeThrown(thrown));
        }
      },
    };
  };

  return {
    budgetMs: options.budgetMs,
    covers: ({ route }) => typeof route.cache === 'object' && scopeOf(route.pattern) !== undefined,
    mark: () => fleet.mark(),
    async look({ route, keyed }, waitMs) {
      const family = familyFor(route.pattern, keyed.key);
      if (family === undefined) return FAILED;
      const beganMs = clock.nowMs();
      // After a purge of ours, or when this process was busy, one step more is all that is missing.
      if (fleet.mark() === undefined) await fleet.catchUp?.(waitMs);
      const leftMs = waitMs - (clock.nowMs() - beganMs);
      if (fleet.mark() === undefined || leftMs <= 0) return FAILED;
      const read = await store.read(family, keyed, leftMs);
      if (read.kind !== 'good') return read;
      // One route never answers for another, whatever their keys.
      if (read.entry.route !== route.pattern) {
        store.reject('scope', family);
        return ABSENT;
      }
      return placed(read.entry, read.marks, family);
    },
    keep(entry, mark) {
      const family = familyFor(entry.route, entry.key);
      const scope = scopeOf(entry.route);
      if (mark === undefined || family === undefined || scope === undefined) {
        return Promise.resolve(false);
      }
      return store.write(family, entry, marksFor(scope, mark));
    },
    forget(entry) {
      const family = familyFor(entry.route, entry.key);
      if (family === undefined) return;
      forgotten.add(family);
      store.unlink(family);
    },
    async lead({ route, keyed }, signal, budgetMs) {
      const family = familyFor(route.pattern, keyed.key);
      // A purge has parted this computation from the one that we lead: it must not wait for that.
      if (family === undefined || leading.has(family) || !store.admits('write')) return ALONE;
      let lead: Lead = ALONE;
      try {
        lead = await fleet.lead(family, signal, budgetMs);
      } catch (thrown) {
        log.warn('lead_failed', describeThrown(thrown));
      }
      leads[lead.kind] += 1;
      if (lead.kind !== 'lead') return lead;
      leading.add(family);
      return releasing(family, lead);
    },
    isDown: () => !store.admits('read'),
    stats: () => ({ ...store.stats(), tooOld, leads: { ...leads } }),
  };
}
