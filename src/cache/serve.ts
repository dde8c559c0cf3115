/** The cache path on one screen: from a request to what became of it. */
import { asFailure, Failure } from '../errors.js';
import type { BypassReason, GatewayRequest, Outcome } from '../message.js';
import type { Keyed } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { refreshBehind, refreshEarly } from './behind.js';
import { board } from './board.js';
import type { Entry } from './entry.js';
import { withContent } from './content.js';
import { lookUp } from './flying.js';
import { inItsForm } from './forms.js';
import { hit, stale } from './outcomes.js';
import { pass } from './pass.js';
import type { Task, Use } from './plan.js';
import type { Rooms } from './rooms.js';
import { fetchFromSecond } from './tiers.js';
import { checkDoubt } from './tracked-check.js';

/** Hears of each request that was keyed, so that its next one can take the fast lane. */
export type OnKeyed = (route: Route, keyed: Keyed) => void;

/** What is damaged is a miss, and is computed; if that too is damaged, it is not by chance. */
const ATTEMPTS_MAX = 2;
/** Where one that was in doubt is gone, the next that answers the request may be in doubt too. */
const DOUBTS_MAX = 3;

/** Whatever is stored goes out in the form that this caller takes. */
export async function serve(
  rooms: Rooms,
  given: GatewayRequest,
  onKeyed?: OnKeyed,
): Promise<Outcome> {
  for (let nth = 1; nth <= ATTEMPTS_MAX; nth += 1) {
    const outcome = await outcomeOf(rooms, given, onKeyed);
    if (rooms.coder === undefined) return outcome;
    const formed = await inItsForm(rooms, outcome, given);
    if (formed !== undefined) return formed;
    // Content is read once.
    if (given.body !== undefined) break;
  }
  throw new Failure('internal');
}

async function outcomeOf(rooms: Rooms, given: GatewayRequest, onKeyed?: OnKeyed): Promise<Outcome> {
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

  let task: Task = { route, plan, keyed, request };
  let found = lookUp(rooms, plan, keyed, request);
  for (let nth = 1; nth <= DOUBTS_MAX && found?.tracked?.isDoubtful === true; nth += 1) {
    const looked = await checkDoubt(rooms, task, found);
    if (looked !== undefined) task = { ...task, request: { ...request, looked } };
    found = lookUp(rooms, plan, keyed, request);
  }
  const kept = keptFor(rooms, task, found);
  if ('outcome' in kept) return kept.outcome;
  const forward = plan.forward(request);
  // No computation begins for it, in which the second tier would be looked into.
  if (forward.kind !== 'compute' && (await fetchFromSecond(rooms, task))) {
    const fetched = keptFor(rooms, task, lookUp(rooms, plan, keyed, request), 'l2');
    if ('outcome' in fetched) return fetched.outcome;
  }
  if (forward.kind === 'never') {
    const failure = new Failure('only_if_cached');
    return { kind: 'failed', route: route.pattern, bypass: undefined, failure };
  }
  if (forward.kind === 'pass') return bypass(rooms, route, request, forward.reason, task);
  return await board(rooms, task, kept.found, kept.use);
}

const NOTHING: Use = { kind: 'ask', standsIn: () => false };

type Kept =
  | { readonly outcome: Outcome }
  /** It cannot go out as it is; somebody must be asked. */
  | { readonly found: Entry | undefined; readonly use: Use };

/** What becomes of what is stored for this request. */
function keptFor(rooms: Rooms, task: Task, found: Entry | undefined, tier?: 'l2'): Kept {
  const { plan, request } = task;
  const nowMs = rooms.clock.nowMs();
  if (found === undefined) return { found, use: NOTHING };
  const live = rooms.purges.judge(found) === 'live';
  const use = plan.use(found, request, { nowMs, live });
  if (use.kind === 'fresh') {
    if (nowMs >= found.earlyFromMs) void refreshEarly(rooms, task, found, nowMs);
    return { outcome: hit(found, nowMs, found, tier) };
  }
  if (use.kind === 'ask') return { found, use };
  if (use.refresh) void refreshBehind(rooms, task, found, 'stale');
  return { outcome: stale(found, nowMs, use.reason, tier) };
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
