/** Explaining the second tier: whether it holds the answer, for how long, and why not. */
import { hitStatus } from '../policy/cache-status.js';
import { ageMs, type Entry } from './entry.js';
import { explain, requestOf, type Asked, type Explanation } from './explain.js';
import { flightKey } from './flight-key.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';
import type { SecondSight, UnusedReason } from './second-sight.js';

export interface SecondWords {
  readonly state: 'fresh' | 'stale' | 'expired' | 'unusable' | 'none' | 'unknown' | 'not-kept';
  readonly why: string;
  /** In one word, where something lies there that is not used. */
  readonly reason: UnusedReason | null;
  readonly age_seconds: number | null;
  /** Below zero it is old. */
  readonly ttl_seconds: number | null;
  /** How much longer it is of use to anybody, be it only as an old one. */
  readonly kept_seconds: number | null;
  readonly body_bytes: number | null;
}

const UNUSED: Readonly<Record<UnusedReason, string>> = {
  schema: 'What lies there is no answer of ours.',
  version: 'It was written by a version of Leyden that writes otherwise.',
  size: 'It is cut short, or larger than redis.tier.maxBytes.',
  foreign: 'It was signed with a secret that this node does not hold.',
  mac: 'It was changed after it was signed.',
  identity: 'It is the answer of another key or of another caller.',
  expired: 'It is over, or was stored by a clock more than a minute ahead of ours.',
  type: 'Something else than a string lies there.',
  scope: 'It was stored for another route, upstream or state.',
  'too-old': 'It was stored under an order of purges that is not known any more.',
  purged: 'A purge came after its computation had begun.',
  'taken-back': 'This node took it back: by hand, or because the upstream said otherwise since.',
  credential: 'It does not say that somebody with a credential may have it.',
};

const NOTHING = { reason: null, age_seconds: null, ttl_seconds: null } as const;
const NO_NUMBERS = { ...NOTHING, kept_seconds: null, body_bytes: null } as const;
const tenths = (ms: number): number => Math.round(ms / 100) / 10;

export function secondWords(sight: SecondSight, nowMs: number): SecondWords {
  switch (sight.kind) {
    case 'not-covered':
      return { state: 'not-kept', why: 'Nothing of this is kept there.', ...NO_NUMBERS };
    case 'failed': {
      const why = 'Redis did not answer in time, or purges may have been missed: it is not used.';
      return { state: 'unknown', why, ...NO_NUMBERS };
    }
    case 'none':
      return { state: 'none', why: 'Nothing lies there for it.', ...NO_NUMBERS };
    case 'unused': {
      const { reason } = sight;
      return { state: 'unusable', why: UNUSED[reason], ...NO_NUMBERS, reason };
    }
    case 'usable': {
      const { entry, keptMs } = sight;
      const isOld = nowMs >= entry.freshUntilMs;
      const isOver = nowMs >= Math.max(entry.staleUntilMs, entry.errorUntilMs);
      const state = !isOld && !entry.madeOld ? 'fresh' : isOver ? 'expired' : 'stale';
      return {
        ...{ state, why: `It holds ${WORDS[state]}.`, reason: null },
        age_seconds: tenths(ageMs(entry, nowMs)),
        ttl_seconds: tenths(entry.freshUntilMs - nowMs),
        kept_seconds: tenths(keptMs),
        body_bytes: entry.body.byteLength,
      };
    }
  }
}

const WORDS = {
  fresh: 'a fresh answer',
  stale: 'an old answer, which may go out where an old one may',
  expired: 'an answer that is over, and can only be asked about',
} as const;

function taskOf(rooms: Rooms, given: Asked): Task | undefined {
  const request = requestOf(given);
  const match = rooms.rules.match(given.method, given.path);
  const plan = match.kind === 'route' ? rooms.plans.get(match.route) : undefined;
  if (plan === undefined || match.kind !== 'route') return undefined;
  const keyed = plan.key(match.route, request, rooms.credentials);
  return keyed.kind === 'bypass' ? undefined : { route: match.route, plan, keyed, request };
}

/** What would become of it, where memory alone has no answer to give. */
function fromSecond(task: Task, entry: Entry, nowMs: number): Partial<Explanation> {
  const use = task.plan.use(entry, task.request, { nowMs, live: !entry.madeOld });
  const ttlS = (entry.freshUntilMs - nowMs) / 1000;
  if (use.kind === 'fresh') {
    const why = ['Memory has no answer to give, and the second tier holds a fresh one.'];
    return { verdict: 'hit', why, cache_status: hitStatus(ttlS, 'l2') };
  }
  if (use.kind !== 'old') return {};
  const why = [
    'Memory has no answer to give, and the second tier holds an old one that may go out.',
  ];
  return { verdict: 'stale', why, cache_status: hitStatus(ttlS, use.reason) };
}

/** The same with the second tier, of which somebody must be asked. */
export async function explainWithSecond(rooms: Rooms, given: Asked): Promise<Explanation> {
  const explanation = explain(rooms, given);
  const { second, clock } = rooms;
  const task = taskOf(rooms, given);
  if (second?.sights === undefined || task === undefined) return explanation;
  const sight = await second.sights.ofTask(task, second.budgetMs);
  const nowMs = clock.nowMs();
  const second_tier = secondWords(sight, nowMs);
  const isWanted = sight.kind === 'usable' && isLookedFor(rooms, task, explanation, nowMs);
  const more = isWanted ? fromSecond(task, sight.entry, nowMs) : {};
  return { ...explanation, ...more, second_tier };
}

/** Whether the request would get as far as the second tier. */
function isLookedFor(rooms: Rooms, task: Task, { verdict }: Explanation, nowMs: number): boolean {
  if (verdict === 'hit' || verdict === 'stale') return false;
  const { kind } = task.plan.forward(task.request);
  // A mark says that its answers are not shared, or that asking failed: then nobody looks.
  return kind !== 'compute' || rooms.marks.live(flightKey(rooms, task), nowMs) === undefined;
}

/** Of one answer in memory: what lies in the second tier under its name. */
export async function secondOf(rooms: Rooms, entry: Entry): Promise<SecondWords | null> {
  const { second, clock } = rooms;
  if (second?.sights === undefined) return null;
  return secondWords(await second.sights.ofEntry(entry, second.budgetMs), clock.nowMs());
}
