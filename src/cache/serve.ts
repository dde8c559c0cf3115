/** The cache path on one screen: from a request to what became of it. */
import { asFailure, Failure } from '../errors.js';
import type {
  BypassReason,
  GatewayRequest,
  Lifetime,
  MissReason,
  Outcome,
  StaleReason,
} from '../message.js';
import type { Keyed } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { fetchKeyed, passedReply } from './compute.js';
import { ageMs, type Entry } from './entry.js';
import { flightKey, fly, lookUp, refreshBehind, statusOf } from './flying.js';
import { withContent } from './content.js';
import { pass } from './pass.js';
import type { Task, Use } from './plan.js';
import type { Rooms } from './rooms.js';

/** How often a caller boards again after a purge or a Vary parted him from the flight. */
const BOARDINGS_MAX = 4;

/** Hears of each request that was keyed, so that its next one can take the fast lane. */
export type OnKeyed = (route: Route, keyed: Keyed) => void;

export async function serve(
  rooms: Rooms,
  given: GatewayRequest,
  onKeyed?: OnKeyed,
): Promise<Outcome> {
  const match = rooms.rules.match(given.method, given.path);
  if (match.kind === 'none') return { kind: 'no-route', allow: [] };
  if (match.kind === 'method') return { kind: 'no-route', allow: match.allow };
  const { route } = match;
  const plan = rooms.plans.get(route);
  if (plan === undefined) return bypass(rooms, route, given, 'no-cache-rule');
  const hasContent = given.body !== undefined && route.contentMethods.has(given.method);
  const request = hasContent ? await withContent(given, plan.contentBytesMax) : given;
  const keyed = plan.key(route, request, rooms.credentials);
  if (keyed.kind === 'bypass') return bypass(rooms, route, request, keyed.reason);
  onKeyed?.(route, keyed);

  const task: Task = { route, plan, keyed, request };
  const nowMs = rooms.clock.nowMs();
  const found = lookUp(rooms, plan, keyed, request);
  const live = found !== undefined && rooms.purges.judge(found) === 'live';
  const use = found === undefined ? NOTHING : plan.use(found, request, { nowMs, live });
  if (found !== undefined && use.kind === 'fresh') return hit(found, nowMs);
  if (found !== undefined && use.kind === 'old') {
    if (use.refresh) void refreshBehind(rooms, task, found, nowMs);
    return stale(found, nowMs, use.reason);
  }
  const forward = plan.forward(request);
  if (forward.kind === 'never') {
    const failure = new Failure('only_if_cached');
    return { kind: 'failed', route: route.pattern, bypass: undefined, failure };
  }
  if (forward.kind === 'pass') return bypass(rooms, route, request, forward.reason, task);
  return await board(rooms, task, found, use);
}

const NOTHING: Use = { kind: 'ask', standsIn: () => false };

function lifeOf(entry: Entry, nowMs: number): Lifetime {
  const { costMs, freshUntilMs } = entry;
  return { ageMs: ageMs(entry, nowMs), ttlMs: freshUntilMs - nowMs, costMs };
}

export function hit(entry: Entry, nowMs: number): Outcome & { kind: 'hit' } {
  const { route, negative } = entry;
  entry.hits += 1;
  return { kind: 'hit', route, tier: 'l1', negative, life: lifeOf(entry, nowMs), reply: entry };
}

function stale(entry: Entry, nowMs: number, reason: StaleReason): Outcome {
  const { route } = entry;
  entry.hits += 1;
  return { kind: 'stale', route, tier: 'l1', reason, life: lifeOf(entry, nowMs), reply: entry };
}

async function bypass(
  rooms: Rooms,
  route: Route,
  request: GatewayRequest,
  reason: BypassReason,
  task?: Task,
): Promise<Outcome> {
  try {
    const reply = await pass(rooms, route, request, task);
    return { kind: 'bypass', route: route.pattern, reason, reply };
  } catch (thrown) {
    return { kind: 'failed', route: route.pattern, bypass: reason, failure: asFailure(thrown) };
  }
}

/** Waits for the one computation of this key, and stands an old answer in for its failure. */
async function board(rooms: Rooms, task: Task, old: Entry | undefined, use: Use): Promise<Outcome> {
  const { plan, request } = task;
  const route = task.route.pattern;
  const caller = { gone: request.gone, mayAbandon: plan.abandon };
  const why: MissReason = old === undefined ? 'uri-miss' : 'stale';
  const standIn = (status: number | 'unreachable'): Outcome | undefined => {
    if (old === undefined || use.kind !== 'ask' || !use.standsIn(status)) return undefined;
    // It may have been purged, or become too old, while the caller waited.
    const nowMs = rooms.clock.nowMs();
    if (rooms.purges.judge(old) === 'deleted' || !plan.outlasts(old, nowMs)) return undefined;
    old.refreshNotBeforeMs = nowMs + rooms.negativeRetryMs;
    return stale(old, nowMs, 'if-error');
  };
  try {
    for (let boarding = 1; boarding <= BOARDINGS_MAX; boarding += 1) {
      const askedAt = rooms.purges.epoch();
      const { joined, result } = rooms.flights.join(
        flightKey(rooms, task),
        (aboard) => fly(rooms, task, aboard),
        caller,
      );
      const computed = await result;
      const subject = computed.kind === 'whole' ? computed.entry : computed;
      const { epoch } = subject;
      // What only the answer names may have been purged after it began and before we asked; a
      // second purge since hides when the first one was.
      const fencedAt = rooms.purges.newestOver(subject);
      if (fencedAt > epoch && askedAt > epoch) continue;
      const stoodIn = statusOf(computed) >= 500 ? standIn(statusOf(computed)) : undefined;
      if (stoodIn !== undefined) return stoodIn;
      const { refused } = computed;
      if (computed.kind === 'single') {
        const reply = computed.claim();
        if (reply === undefined) break;
        return { kind: 'miss', route, why, joined: false, refused, sparedMs: 0, reply };
      }
      const { entry } = computed;
      const suits = joined ? plan.suits(entry, request) : 'shared';
      // A flight opens before Vary is known: whoever differs in it flies for himself.
      if (suits === 'other') continue;
      if (suits === 'alone') break;
      const sparedMs = joined ? entry.costMs : 0;
      const reply = joined ? entry : (computed.first ?? entry);
      return { kind: 'miss', route, why, joined, refused, sparedMs, reply };
    }
    const reply = passedReply(await fetchKeyed(rooms, task, request.gone), task.route);
    return { kind: 'miss', route, why, joined: false, refused: 'not-shared', sparedMs: 0, reply };
  } catch (thrown) {
    const failure = asFailure(thrown);
    const stoodIn = failure.status >= 500 ? standIn('unreachable') : undefined;
    return stoodIn ?? { kind: 'failed', route, bypass: undefined, failure };
  }
}
