/** The cache path on one screen: from a request to what became of it. */
import { asFailure, Failure } from '../errors.js';
import type { BypassReason, GatewayRequest, Outcome } from '../message.js';
import type { Keyed } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { refreshBehind, refreshEarly } from './behind.js';
import { board } from './board.js';
import { withContent } from './content.js';
import { lookUp } from './flying.js';
import { inItsForm } from './forms.js';
import { hit, stale } from './outcomes.js';
import { pass } from './pass.js';
import type { Task, Use } from './plan.js';
import type { Rooms } from './rooms.js';

/** Hears of each request that was keyed, so that its next one can take the fast lane. */
export type OnKeyed = (route: Route, keyed: Keyed) => void;

/** What is damaged is a miss, and is computed; if that too is damaged, it is not by chance. */
const ATTEMPTS_MAX = 2;

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

  const task: Task = { route, plan, keyed, request };
  const nowMs = rooms.clock.nowMs();
  const found = lookUp(rooms, plan, keyed, request);
  const live = found !== undefined && rooms.purges.judge(found) === 'live';
  const use = found === undefined ? NOTHING : plan.use(found, request, { nowMs, live });
  if (found !== undefined && use.kind === 'fresh') {
    if (nowMs >= found.earlyFromMs) void refreshEarly(rooms, task, found, nowMs);
    return hit(found, nowMs);
  }
  if (found !== undefined && use.kind === 'old') {
    if (use.refresh) void refreshBehind(rooms, task, found, 'stale');
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
