/** The second tier as the cache path sees it: what it may hold, what it holds, and who computes. */
import type { Clock } from '../clock.js';
import { describeThrown, type Failure } from '../errors.js';
import type { Log } from '../log.js';
import type { Entry } from './entry.js';
import { generationOf } from './flight-key.js';
import type { Fleet, FleetMark, Lead, Released } from './fleet.js';
import { openForgotten } from './forgotten.js';
import { markIn, marksFor } from './frame-marks.js';
import type { Task } from './plan.js';
import type { Purges } from './purge.js';
import type { Computed } from './rooms.js';
import type { Place, RedisStore, RedisStoreStats } from './redis-store.js';
import { openSecondHttp } from './second-http.js';
import { openSights, type Sights } from './second-sight.js';
import { isLasting, openUnlanded } from './unlanded.js';
import type { TrackedTier, TrackedTierStats } from './tracked-second.js';

export interface SecondTierOptions {
  /** All that a caller waits for Redis, reads and lock together. */
  readonly budgetMs: number;
  /** How many answers that were taken back by hand are remembered. */
  readonly forgottenMax: number;
  /** How long a key remembers that its answers land nowhere, and how many keys do. */
  readonly unlandedMs: number;
  readonly unlandedMax: number;
  /** How long the end waits for what is not written yet. */
  readonly closeWaitMs: number;
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
  /** Names of request fields that are credentials, in lower case. */
  readonly isCredential: (name: string) => boolean;
}

export type Look =
  /** Its epoch is ours; no purge has been judged yet. */
  | { readonly kind: 'found'; readonly entry: Entry }
  /** `isEmpty`: no value was refused, there is none. */
  | { readonly kind: 'absent'; readonly isEmpty?: true }
  /** Redis is of no help now. */
  | { readonly kind: 'failed' };

export interface SecondTierStats extends RedisStoreStats {
  /** Values that were read well and are older than what is known of purges. */
  readonly tooOld: number;
  readonly leads: Readonly<Record<Lead['kind'] | 'released', number>>;
  /** Keys whose answers nobody waits for, as they land nowhere. */
  readonly unlanded?: { readonly keys: number; readonly keysMax: number };
  /** Undefined where nothing is tracked. */
  readonly tracking?: TrackedTierStats;
}

export interface SecondTier {
  readonly budgetMs: number;
  /** Which answers in memory lie there; undefined where nobody tells of changes. */
  readonly tracked?: TrackedTier;
  /** For people: nothing is counted or changed. Undefined where nobody can be asked. */
  readonly sights?: Sights;
  /** Whether an answer to this could lie there. */
  covers(task: Task): boolean;
  /** Where the fleet stands: to be asked when a computation begins. */
  mark(): FleetMark | undefined;
  /** Never rejects. With `own` only what lies under the name of this very answer counts. */
  look(task: Task, waitMs: number, own?: Entry): Promise<Look>;
  /** Writes behind; resolves with whether it was written in the end. */
  keep(entry: Entry, mark: FleetMark | undefined): Promise<boolean>;
  /** Nobody gets from there what lies there now. */
  forget(entry: Entry): void;
  /** Never rejects; releasing never does either. */
  lead(task: Task, signal: AbortSignal | undefined, budgetMs: number): Promise<Lead>;
  /** What became of a computation here; returns whether the next one will not land either. */
  noteLanding?(task: Task, computed: Computed, isWritten: boolean): boolean;
  /** Whether it is of no help now, so that every node computes for itself. */
  isDown(): boolean;
  /** What waits is still written, as far as there is time; nothing new is taken. */
  close(): Promise<void>;
  stats(): SecondTierStats;
}

interface Good {
  readonly entry: Entry;
  readonly marks: readonly number[];
}

const ABSENT: Look = { kind: 'absent' };
const FAILED: Look = { kind: 'failed' };
const ALONE: Lead = { kind: 'alone' };

export function openSecondTier(options: SecondTierOptions, tools: SecondTierTools): SecondTier {
  const { store, fleet, purges, clock, log, scopeOf, isCredential } = tools;
  const forgotten = openForgotten(options.forgottenMax, clock);
  const leads = { lead: 0, landed: 0, failed: 0, alone: 0, released: 0 };
  const unlanded = openUnlanded(
    { lifeMs: options.unlandedMs, keysMax: options.unlandedMax },
    clock,
  );
  /** Computations of this node that the fleet waits for. */
  const leading = new Set<string>();
  let tooOld = 0;
  purges.outlast();

  const familyFor = (route: string, key: string): string | undefined => {
    const scope = scopeOf(route);
    return scope === undefined ? undefined : store.familyOf(scope, key);
  };
  /** A frame says where the fleet stood; here that becomes an epoch of our own. */
  const placed = (task: Task, { entry, marks: numbers }: Good, place: Place): Look => {
    // One route never answers for another, whatever their keys.
    const isHere = entry.route === task.route.pattern;
    const mark = isHere ? markIn(numbers, scopeOf(entry.route) ?? '') : undefined;
    if (mark === undefined) {
      store.reject('scope', place);
      return ABSENT;
    }
    const epoch = fleet.epochAt(mark);
    if (epoch === undefined || epoch < purges.forgottenEpoch()) tooOld += 1;
    else if (!forgotten.covers(place, entry)) {
      Object.assign(entry, { epoch, judgedEpoch: epoch });
      unlanded.clear(leadFamily(task) ?? '', entry.storedAtMs);
      return { kind: 'found', entry };
    }
    return ABSENT;
  };
  const http = openSecondHttp({ store, clock, familyOf: familyFor, placed, isCredential });
  const placeOf = (entry: Entry): Place | undefined =>
    entry.http === undefined ? familyFor(entry.route, entry.key) : http.placeOf(entry, entry.http);
  const leadFamily = (task: Task): string | undefined => {
    const { step } = task.plan;
    const key = step === undefined ? task.keyed.key : http.leadKey(task, step);
    return familyFor(task.route.pattern, key);
  };
  /** However often it is called, it counts once; and whoever waits is told even if this fails. */
  const releasing = (led: string, lead: Lead & { kind: 'lead' }): Lead => {
    let isOver = false;
    return {
      kind: 'lead',
      async release(how: Released, failure?: Failure, isLasting?: boolean) {
        if (isOver) return;
        isOver = true;
        leading.delete(led);
        leads.released += 1;
        try {
          await lead.release(how, failure, isLasting);
        } catch (thrown) {
          log.warn('lead_release_failed', describeThrown(thrown));
        }
      },
    };
  };

  return {
    budgetMs: options.budgetMs,
    sights: openSights({
      ...{ store, clock, fleet, purges, scopeOf, placeOf, familyOf: familyFor },
      isForgotten: (place, entry) => forgotten.covers(place, entry),
    }),
    covers: ({ route }) => route.cache !== 'none' && scopeOf(route.pattern) !== undefined,
    mark: () => fleet.mark(),
    async look(task, waitMs, own) {
      const { route, keyed } = task;
      const family = familyFor(route.pattern, keyed.key);
      if (family === undefined) return FAILED;
      const beganMs = clock.nowMs();
      // After a purge of ours, or when this process was busy, one step more is all that is missing.
      if (fleet.mark() === undefined) await fleet.catchUp?.(waitMs);
      const leftMs = waitMs - (clock.nowMs() - beganMs);
      if (fleet.mark() === undefined || leftMs <= 0) return FAILED;
      const { step } = task.plan;
      if (own?.http !== undefined) return await http.lookAgain(task, own, own.http, leftMs);
      if (step !== undefined) return await http.look(task, step, leftMs);
      const read = await store.read(family, keyed, leftMs);
      return read.kind === 'good' ? placed(task, read, family) : read;
    },
    keep(entry, mark) {
      const place = placeOf(entry);
      const scope = scopeOf(entry.route);
      if (mark === undefined || place === undefined || scope === undefined) {
        return Promise.resolve(false);
      }
      if (entry.http !== undefined) http.keepSearch(entry, entry.http);
      return store.write(place, entry, marksFor(scope, mark));
    },
    forget(entry) {
      const place = placeOf(entry);
      if (place === undefined) return;
      forgotten.add(place);
      store.unlink(place);
    },
    async lead(task, signal, budgetMs) {
      const family = leadFamily(task);
      const since = (): number => Math.max(generationOf(purges, task), purges.forgottenEpoch());
      const led = `${family}@${since()}`;
      // What parts this computation from the one that we lead is nothing that the others know of.
      if (family === undefined || leading.has(led) || !store.admits('write')) return ALONE;
      // Nobody waits for what will not come.
      if (unlanded.has(family)) return ALONE;
      let lead: Lead = ALONE;
      try {
        lead = await fleet.lead(family, signal, budgetMs, since);
      } catch (thrown) {
        log.warn('lead_failed', describeThrown(thrown));
      }
      leads[lead.kind] += 1;
      if (lead.kind === 'alone' && lead.isLasting === true) unlanded.add(family);
      if (lead.kind !== 'lead') return lead;
      leading.add(led);
      return releasing(led, lead);
    },
    noteLanding(task, computed, isWritten) {
      const family = leadFamily(task);
      if (family === undefined || computed.kind !== 'whole') return false;
      const { entry, refused } = computed;
      if (isWritten) unlanded.clear(family);
      else if (isLasting(entry, refused, store.isTooLarge(entry))) {
        // What memory keeps is computed anew when its time is over, and not before.
        unlanded.add(family, refused === undefined ? entry.freshUntilMs : undefined);
        return true;
      }
      return false;
    },
    isDown: () => !store.admits('read'),
    close: () => store.close(options.closeWaitMs),
    stats: () => ({ ...store.stats(), tooOld, leads: { ...leads }, unlanded: unlanded.stats() }),
  };
}
