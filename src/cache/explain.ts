/** Explaining: a request's way through rules, key and store, with nobody asked for anything. */
import type { Failure } from '../errors.js';
import type { BypassReason, GatewayRequest } from '../message.js';
import { forwardedStatus, hitStatus } from '../policy/cache-status.js';
import type { Keyed } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { describeEntry, shownPartition, type EntryDescription } from './describe.js';
import { addressOf, type Entry } from './entry.js';
import { bypassSentence, lifetimeOf, markSentence, type LifetimeWords } from './explain-words.js';
import type { SecondWords } from './explain-second.js';
import { flightKey } from './flight-key.js';
import type { Mark } from './marks.js';
import type { Forward, Plan, Use } from './plan.js';
import type { Rooms } from './rooms.js';

export type Asked = Pick<
  GatewayRequest,
  'method' | 'host' | 'path' | 'query' | 'headers' | 'partition'
>;

type ExplainRooms = Pick<
  Rooms,
  'rules' | 'plans' | 'store' | 'variants' | 'purges' | 'clock' | 'credentials'
> &
  // Whoever explains without a gateway that runs has none.
  Partial<Pick<Rooms, 'marks'>>;

export interface KeyWords {
  readonly value: string;
  /** Whose slot it is. */
  readonly partition: string;
  readonly parts: Readonly<Record<string, string>>;
}

export interface Explanation {
  readonly request: string;
  readonly verdict: 'refused' | 'no-route' | 'bypass' | 'hit' | 'stale' | 'miss' | 'failed';
  readonly why: readonly string[];
  /** What the answer would carry; null where there would be no answer of an upstream or ours. */
  readonly cache_status: string | null;
  readonly route: string | null;
  readonly upstream: string | null;
  readonly cache: 'none' | 'http' | 'rule' | null;
  readonly key: KeyWords | null;
  readonly lifetime: LifetimeWords | null;
  readonly stored: EntryDescription | null;
  /** How many computations are under way for this path, whatever their query. */
  readonly computing: number;
  /** Null where there is none, or nobody asked. */
  readonly second_tier: SecondWords | null;
}

/** Its order is the order in which people read it. */
const NOTHING = {
  ...{ request: '', verdict: 'no-route', why: [] as readonly string[] },
  ...{ cache_status: null, route: null, upstream: null, cache: null, key: null },
  ...{ lifetime: null, stored: null, computing: 0, second_tier: null },
} as const;

const HIDDEN = '(hidden)';

/** What went into the key, with each credential's value left out. */
function keyWords(rooms: ExplainRooms, keyed: Keyed, request: GatewayRequest, plan: Plan) {
  const shelves = rooms;
  const parts: Record<string, string> = {
    method: keyed.method,
    host: request.host === '' ? '(any)' : request.host,
    path: request.path,
    query: plan.queryOf(request.query) ?? '(none)',
  };
  const show = (name: string, value: string): void => {
    const lower = name.toLowerCase();
    if (lower === 'authorization') parts[lower] = shownPartition(keyed.partition);
    else if (lower === 'cookie') parts[lower] = value.replace(/=[^;]*/g, `=${HIDDEN}`);
    else parts[lower] = rooms.credentials.has(lower) ? HIDDEN : value;
  };
  for (let at = 0; at < keyed.headers.length; at += 2) {
    show(keyed.headers[at] ?? '', keyed.headers[at + 1] ?? '');
  }
  const varies = shelves.variants.names(keyed.key);
  if (varies.length > 0) parts['vary'] = varies.join(', ');
  return { value: keyed.key, partition: shownPartition(keyed.partition), parts };
}

/** As the cache path would find it, but neither counted as use nor cleared out. */
function found(rooms: ExplainRooms, plan: Plan, keyed: Keyed, request: GatewayRequest) {
  const { store, variants, clock } = rooms;
  const looking = { ...store, get: (key: string) => store.peek(key) };
  const entry = plan.find({ store: looking, variants, clock }, keyed, request);
  if (entry?.partition !== keyed.partition) return undefined;
  return rooms.purges.judge(entry) === 'deleted' ? undefined : entry;
}

type Next = Pick<Explanation, 'verdict' | 'why' | 'cache_status'>;

function bypassed(reason: BypassReason): Next {
  const status = { reason: reason === 'method' ? 'method' : 'bypass', detail: reason } as const;
  return {
    verdict: 'bypass',
    why: [bypassSentence(reason)],
    cache_status: forwardedStatus(status),
  };
}

function fromStore(entry: Entry, use: Use, nowMs: number): Next | undefined {
  const ttlS = (entry.freshUntilMs - nowMs) / 1000;
  if (use.kind === 'fresh') {
    const why = [entry.negative ? 'A fresh error answer is stored.' : 'A fresh answer is stored.'];
    if (nowMs >= entry.earlyFromMs) {
      why.push('It is near enough to its end that a hit may start the next computation behind it.');
    }
    const cache_status = hitStatus(ttlS, entry.negative ? 'negative' : 'l1');
    return { verdict: 'hit', why, cache_status };
  }
  if (use.kind !== 'old') return undefined;
  const behind = use.refresh ? ' and a new one would be computed behind it' : '';
  const why = [`An old answer is stored that may still go out${behind}.`];
  return { verdict: 'stale', why, cache_status: hitStatus(ttlS, use.reason) };
}

function asked(entry: Entry | undefined, forward: Forward, upstream: string): Next {
  if (forward.kind === 'never') {
    const why = ['Nothing usable is stored, and the caller wants only that.'];
    return { verdict: 'failed', why, cache_status: null };
  }
  if (forward.kind === 'pass') return bypassed(forward.reason);
  const why =
    entry === undefined
      ? [`Nothing is stored for it, so ${upstream} would be asked.`]
      : [`What is stored is too old, so ${upstream} would be asked.`];
  why.push('What the answer says decides whether it is then stored.');
  const reason = entry === undefined ? 'uri-miss' : 'stale';
  return { verdict: 'miss', why, cache_status: forwardedStatus({ reason }) };
}

/** What the key remembers, where a request would have to wait. */
function withMark(next: Next, mark: Mark | undefined, nowMs: number): Next {
  if (mark === undefined || next.verdict !== 'miss') return next;
  const why = [...next.why.slice(0, 1), markSentence(mark, nowMs)];
  if (mark.kind === 'alone') return { ...next, why };
  return { verdict: 'failed', why, cache_status: null };
}

function computingAt(rooms: ExplainRooms, { host, path }: GatewayRequest): number {
  const address = addressOf(host, path);
  return [...rooms.purges.underway.all()].filter((one) => one.address === address).length;
}

function underPlan(rooms: ExplainRooms, route: Route, plan: Plan, request: GatewayRequest) {
  const keyed = plan.key(route, request, rooms.credentials);
  if (keyed.kind === 'bypass') return bypassed(keyed.reason);
  const nowMs = rooms.clock.nowMs();
  const entry = found(rooms, plan, keyed, request);
  const live = entry !== undefined && rooms.purges.judge(entry) === 'live';
  const use = entry === undefined ? undefined : plan.use(entry, request, { nowMs, live });
  const stored = entry === undefined ? null : describeEntry(rooms, entry);
  const held = entry && use && fromStore(entry, use, nowMs);
  const mark = rooms.marks?.live(flightKey(rooms, { route, plan, keyed, request }), nowMs);
  const next = held ?? asked(entry, plan.forward(request), route.upstream);
  return {
    ...withMark(next, mark, nowMs),
    key: keyWords(rooms, keyed, request, plan),
    lifetime: lifetimeOf(route, entry),
    ...{ stored, computing: computingAt(rooms, request) },
  };
}

/** What the gate does not let in never gets to a route. */
export function explainRefusal(request: string, { status, message }: Failure): Explanation {
  return { ...NOTHING, request, verdict: 'refused', why: [`${status}: ${message}`] };
}

/** As a request that nobody sent and nobody waits for. */
export function requestOf(given: Asked): GatewayRequest {
  const nobody = { id: '', body: undefined, peer: '', gone: new AbortController().signal };
  return { ...nobody, ...given };
}

/** The same turns as the cache path takes; nothing is fetched, stored, counted or cleared out. */
export function explain(rooms: ExplainRooms, given: Asked): Explanation {
  const { method, host, path, query } = given;
  const request = requestOf(given);
  const named = `${method} ${host}${path}${query === undefined ? '' : `?${query}`}`;
  const match = rooms.rules.match(method, path);
  if (match.kind !== 'route') {
    const offered = match.kind === 'method' ? match.allow.join(', ') : '';
    const why =
      match.kind === 'none' ? 'No route matches this path.' : `Here only ${offered} are offered.`;
    return { ...NOTHING, request: named, verdict: 'no-route', why: [why] };
  }
  const { route } = match;
  const plan = rooms.plans.get(route);
  const cache = typeof route.cache === 'string' ? route.cache : 'rule';
  const about = { ...NOTHING, request: named, route: route.pattern, cache } as const;
  const rest =
    plan === undefined ? bypassed('no-cache-rule') : underPlan(rooms, route, plan, request);
  return { ...about, upstream: route.upstream, ...rest };
}
