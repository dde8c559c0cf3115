/** What lies in the second tier for a request, and why it may not be used; nothing is touched. */
import type { Clock } from '../clock.js';
import { endMsOf, type Entry } from './entry.js';
import type { Fleet } from './fleet.js';
import { markIn } from './frame-marks.js';
import { listedFor } from './listed.js';
import type { Task } from './plan.js';
import type { Purges } from './purge.js';
import type { Inspected } from './redis-inspect.js';
import type { Place, RedisStore } from './redis-store.js';
import type { RejectReason } from './rejections.js';

/** Why what lies there is not used. */
export type UnusedReason =
  | RejectReason
  | 'too-old' // older than what is known of purges
  | 'purged' // a purge came after its computation began
  | 'taken-back' // by hand, or because the upstream said otherwise since
  | 'credential'; // not for somebody who shows one (RFC 9111 section 3.5)

export type SecondSight =
  | { readonly kind: 'usable'; readonly entry: Entry; readonly keptMs: number }
  | { readonly kind: 'unused'; readonly reason: UnusedReason }
  | { readonly kind: 'none' }
  /** Redis did not answer, or it is not known how far purges have come. */
  | { readonly kind: 'failed' }
  /** Nothing of this is kept there. */
  | { readonly kind: 'not-covered' };

export interface SightTools {
  readonly store: RedisStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly fleet: Fleet;
  readonly purges: Purges;
  readonly scopeOf: (route: string) => string | undefined;
  readonly familyOf: (route: string, key: string) => string | undefined;
  readonly placeOf: (entry: Entry) => Place | undefined;
  readonly isForgotten: (place: Place, entry: Entry) => boolean;
}

export interface Sights {
  ofTask(task: Task, waitMs: number): Promise<SecondSight>;
  /** The value that lies there under the name of this very answer. */
  ofEntry(entry: Entry, waitMs: number): Promise<SecondSight>;
}

const PARTITION = 'shared';
const TRIES_MAX = 3;

const NOT_COVERED: SecondSight = { kind: 'not-covered' };
const unused = (reason: UnusedReason): SecondSight => ({ kind: 'unused', reason });

export function openSights(tools: SightTools): Sights {
  const { store, clock, fleet, purges, scopeOf, familyOf, placeOf, isForgotten } = tools;

  const judged = (read: Inspected, route: string, place: Place): SecondSight => {
    if (read.kind === 'refused') return unused(read.reason);
    if (read.kind !== 'good') return read;
    const { entry, marks } = read;
    const mark = entry.route === route ? markIn(marks, scopeOf(route) ?? '') : undefined;
    if (mark === undefined) return unused('scope');
    const epoch = fleet.epochAt(mark);
    if (epoch === undefined || epoch < purges.forgottenEpoch()) return unused('too-old');
    if (isForgotten(place, entry)) return unused('taken-back');
    // It was read for this look alone: nobody else sees what is changed in it.
    Object.assign(entry, { epoch, judgedEpoch: epoch });
    if (purges.judgeArrival(entry) === 'deleted') return unused('purged');
    return { kind: 'usable', entry, keptMs: endMsOf(entry) - clock.nowMs() };
  };
  /** The first that may be used; else why the first is not. */
  const ofVariants = async (task: Task, base: string, waitMs: number): Promise<SecondSight> => {
    const { route, plan, request } = task;
    const { step } = plan;
    const family = familyOf(route.pattern, base);
    if (family === undefined || step === undefined) return NOT_COVERED;
    const index = await store.inspectIndex(family, base, waitMs);
    if (index === undefined) return { kind: 'failed' };
    const keys = listedFor(base, index.listed, step.fieldsFor(request));
    // What is not believed may have led to one that answers.
    const [doubt] = index.doubts;
    let first: SecondSight = doubt === undefined ? { kind: 'none' } : unused(doubt);
    for (const variant of keys.slice(0, TRIES_MAX)) {
      const place = { family, variant };
      const read = await store.inspect(place, { key: variant, partition: PARTITION }, waitMs);
      const sight = judged(read, route.pattern, place);
      if (sight.kind !== 'usable') {
        if (variant === keys[0]) first = sight;
        continue;
      }
      return step.mayServe(sight.entry, request) ? sight : unused('credential');
    }
    return first;
  };

  return {
    async ofTask(task, waitMs) {
      const { route, plan, keyed, request } = task;
      const family = familyOf(route.pattern, keyed.key);
      if (family === undefined) return NOT_COVERED;
      if (fleet.mark() === undefined) return { kind: 'failed' };
      if (plan.step === undefined) {
        return judged(await store.inspect(family, keyed, waitMs), route.pattern, family);
      }
      const exact = await ofVariants(task, keyed.key, waitMs);
      const base = plan.step.baseOf(keyed, request);
      return exact.kind === 'none' && base !== undefined
        ? await ofVariants(task, base, waitMs)
        : exact;
    },
    async ofEntry(entry, waitMs) {
      const place = placeOf(entry);
      if (place === undefined) return NOT_COVERED;
      if (fleet.mark() === undefined) return { kind: 'failed' };
      return judged(await store.inspect(place, entry, waitMs), entry.route, place);
    },
  };
}
