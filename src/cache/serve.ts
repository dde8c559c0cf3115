/** The cache path on one screen: from a request to what became of it. */
import { asFailure, describeThrown } from '../errors.js';
import type {
  BypassReason,
  GatewayRequest,
  Lifetime,
  Outcome,
  Reply,
  StaleReason,
} from '../message.js';
import { keyUnderRule, type Keyed } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { compute, fetchKeyed, passedReply, type Task } from './compute.js';
import { ageMs, type Entry } from './entry.js';
import { pass } from './pass.js';
import type { Computed, Rooms } from './rooms.js';

/** How often a caller boards again after a purge overtook the flight, before asking alone. */
const BOARDINGS_MAX = 3;

/** Hears of each request that was keyed, so that its next one can take the fast lane. */
export type OnKeyed = (route: Route, keyed: Keyed) => void;

export async function serve(
  rooms: Rooms,
  request: GatewayRequest,
  onKeyed?: OnKeyed,
): Promise<Outcome> {
  const match = rooms.rules.match(request.method, request.path);
  if (match.kind === 'none') return { kind: 'no-route', allow: [] };
  if (match.kind === 'method') return { kind: 'no-route', allow: match.allow };
  const { route } = match;
  const rule = route.cache;
  if (rule === 'none') return bypass(rooms, route, request, 'no-cache-rule');
  if (rule === 'http') return bypass(rooms, route, request, 'http');
  const keyed = keyUnderRule(route, rule, request, rooms.credentials);
  if (keyed.kind === 'bypass') return bypass(rooms, route, request, keyed.reason);
  onKeyed?.(route, keyed);

  const task: Task = { route, rule, keyed, request };
  const nowMs = rooms.clock.nowMs();
  const found = lookUp(rooms, keyed.key, keyed.partition);
  if (found !== undefined && isFresh(rooms, found, nowMs)) return hit(found, nowMs);
  if (found !== undefined && nowMs < found.staleUntilMs) {
    refreshBehind(rooms, task, found, nowMs);
    return stale(found, nowMs, 'revalidating');
  }
  if (found !== undefined && mayStandIn(found, nowMs) && nowMs < found.refreshNotBeforeMs) {
    return stale(found, nowMs, 'if-error');
  }
  return await board(rooms, task, found);
}

/** A stored answer that may be looked at by this caller: any doubt is a miss. */
export function lookUp(rooms: Rooms, key: string, partition: string): Entry | undefined {
  const entry = rooms.store.get(key);
  if (entry?.partition !== partition) return undefined;
  if (rooms.purges.judge(entry) !== 'deleted') return entry;
  rooms.store.delete(key);
  return undefined;
}

export function isFresh(rooms: Rooms, entry: Entry, nowMs: number): boolean {
  return nowMs < entry.freshUntilMs && rooms.purges.judge(entry) === 'live';
}

function mayStandIn(entry: Entry, nowMs: number): boolean {
  return !entry.negative && nowMs < entry.errorUntilMs;
}

function lifeOf(entry: Entry, nowMs: number): Lifetime {
  const { costMs, freshUntilMs } = entry;
  return { ageMs: ageMs(entry, nowMs), ttlMs: freshUntilMs - nowMs, costMs };
}

export function hit(entry: Entry, nowMs: number): Outcome & { kind: 'hit' } {
  const { route, negative } = entry;
  return { kind: 'hit', route, tier: 'l1', negative, life: lifeOf(entry, nowMs), reply: entry };
}

function stale(entry: Entry, nowMs: number, reason: StaleReason): Outcome {
  const { route } = entry;
  return { kind: 'stale', route, tier: 'l1', reason, life: lifeOf(entry, nowMs), reply: entry };
}

async function bypass(
  rooms: Rooms,
  route: Route,
  request: GatewayRequest,
  reason: BypassReason,
): Promise<Outcome> {
  try {
    const reply = await pass(rooms, route, request);
    return { kind: 'bypass', route: route.pattern, reason, reply };
  } catch (thrown) {
    return { kind: 'failed', route: route.pattern, bypass: reason, failure: asFailure(thrown) };
  }
}

/** The generation is part of the flight's key: who asks after a delete boards another flight. */
function flightKey(rooms: Rooms, { route, rule, keyed }: Task): string {
  const tags = [...rule.tags, `route:${route.pattern}`, `upstream:${route.upstream}`];
  return `${keyed.key}@${rooms.purges.deletedAt(tags)}`;
}

/** Law 3: a flight looks again before it goes upstream, for another may just have landed. */
function fly(rooms: Rooms, task: Task, abandoned?: AbortSignal): Promise<Computed> {
  const again = lookUp(rooms, task.keyed.key, task.keyed.partition);
  if (again !== undefined && isFresh(rooms, again, rooms.clock.nowMs())) {
    return Promise.resolve({ kind: 'whole', entry: again, refused: undefined });
  }
  return compute(rooms, task, task.rule.abandon ? abandoned : undefined);
}

function statusOf(computed: Computed): number {
  return computed.kind === 'whole' ? computed.entry.status : computed.status;
}

function letGo(reply: Reply | undefined): void {
  if (reply?.body !== undefined && !Buffer.isBuffer(reply.body)) reply.body.destroy();
}

/** A refresh that fails leaves the old answer where it is, and is not tried again at once. */
function refreshBehind(rooms: Rooms, task: Task, old: Entry, nowMs: number): void {
  if (nowMs < old.refreshNotBeforeMs) return;
  const backOff = (): void => {
    old.refreshNotBeforeMs = rooms.clock.nowMs() + rooms.negativeRetryMs;
  };
  try {
    rooms.flights
      .launch(flightKey(rooms, task), () => fly(rooms, task))
      ?.then((computed) => {
        if (statusOf(computed) >= 500) backOff();
        // Nobody waits for it: what it holds of the upstream is let go.
        if (computed.kind === 'single') letGo(computed.claim());
      })
      .catch((thrown: unknown) => {
        backOff();
        rooms.log.warn('refresh_failed', { route: task.route.pattern, ...describeThrown(thrown) });
      });
  } catch {
    // No place for another flight: counted there, and the next caller tries again.
    backOff();
  }
}

/** Waits for the one computation of this key, and stands an old answer in for its failure. */
async function board(rooms: Rooms, task: Task, old: Entry | undefined): Promise<Outcome> {
  const caller = { gone: task.request.gone, mayAbandon: task.rule.abandon };
  const route = task.route.pattern;
  try {
    for (let boarding = 1; boarding <= BOARDINGS_MAX; boarding += 1) {
      const askedAt = rooms.purges.epoch();
      const { joined, result } = rooms.flights.join(
        flightKey(rooms, task),
        ({ abandoned }) => fly(rooms, task, abandoned),
        caller,
      );
      const computed = await result;
      const { tags, epoch } = computed.kind === 'whole' ? computed.entry : computed;
      // A tag that only the answer names may have been purged after it began, before we asked.
      const fencedAt = rooms.purges.deletedAt(tags);
      if (fencedAt > epoch && askedAt >= fencedAt) continue;
      const stoodIn = statusOf(computed) >= 500 ? standIn(rooms, old) : undefined;
      if (stoodIn !== undefined) return stoodIn;
      const { refused } = computed;
      if (computed.kind === 'single') {
        const reply = computed.claim();
        if (reply === undefined) break;
        return { kind: 'miss', route, joined: false, refused, sparedMs: 0, reply };
      }
      const { entry } = computed;
      const sparedMs = joined ? entry.costMs : 0;
      return { kind: 'miss', route, joined, refused, sparedMs, reply: entry };
    }
    const reply = passedReply(await fetchKeyed(rooms, task, task.request.gone), task.route);
    return { kind: 'miss', route, joined: false, refused: 'not-shared', sparedMs: 0, reply };
  } catch (thrown) {
    const failure = asFailure(thrown);
    const stoodIn = failure.status >= 500 ? standIn(rooms, old) : undefined;
    return stoodIn ?? { kind: 'failed', route, bypass: undefined, failure };
  }
}

/** An old good answer in place of a failure, while the rule allows it. */
function standIn(rooms: Rooms, old: Entry | undefined): Outcome | undefined {
  const nowMs = rooms.clock.nowMs();
  if (old === undefined || !mayStandIn(old, nowMs)) return undefined;
  if (rooms.purges.judge(old) === 'deleted') return undefined;
  old.refreshNotBeforeMs = nowMs + rooms.negativeRetryMs;
  return stale(old, nowMs, 'if-error');
}
