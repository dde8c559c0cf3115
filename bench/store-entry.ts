/** Stored answers as the cache path makes them, each with strings of its own as from a socket. */
import type { Entry } from '../src/cache/entry.js';
import { joinedBytes } from '../src/cache/own-bytes.js';
import { plansOf } from '../src/cache/plans.js';
import { openSearches } from '../src/cache/searches.js';
import type { GatewayRequest } from '../src/message.js';
import { compileRules, type RouteOptions } from '../src/policy/rules.js';

const PATH = '/energy/gradient';
const EDITS = { set: {}, remove: [] };
const DAY_MS = 86_400_000;

const route: RouteOptions = {
  ...{ path: `${PATH}/**`, upstream: 'energy', methods: ['GET'], request: EDITS, response: EDITS },
  cache: {
    ...{ ttl: DAY_MS, errorTtl: 0, staleWhileRevalidate: 0, staleIfError: 0, clientTtl: 0 },
    ...{ early: 'off', jitter: 0, window: 'off', origin: 'override', query: 'exact' },
    ...{ headers: [], cookies: 'bypass', authorization: 'own', tags: ['energy'], abandon: false },
    ...{ body: { maxBytes: 65_536, json: 'exact' }, maxBytes: 2 ** 24 },
  },
};
const rules = compileRules([route]);
const plans = plansOf(rules.routes, {
  bodyBytesMax: () => 2 ** 24,
  trusts: () => () => false,
  searches: openSearches(1),
});

/** What comes off a socket shares no memory with anything. */
const fresh = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

function requestFor(nth: number): GatewayRequest {
  return {
    ...{ id: `r${nth}`, method: 'GET', host: 'api.example.org', peer: '127.0.0.1' },
    path: fresh(`${PATH}/${nth}`),
    query: fresh(`agents=512&seed=${nth}&limit=50`),
    ...{ headers: [], body: undefined, partition: 'anon' },
    gone: new AbortController().signal,
  };
}

function fieldsFor(nth: number, bytes: number): string[] {
  return [
    ...['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(bytes)],
    ...['ETag', `"v12-${nth}-0123456789abcdef"`, 'Cache-Control', 'public, max-age=86400'],
    ...['Date', 'Tue, 01 Sep 2026 10:00:00 GMT', 'Cache-Tag', 'energy, gradient'],
    ...['Vary', 'Accept-Encoding', 'Server', 'uvicorn'],
  ].map(fresh);
}

export function entryFor(nth: number, bytes: number, costMs: number): Entry {
  const match = rules.match('GET', PATH + '/1');
  const plan = match.kind === 'route' ? plans.get(match.route) : undefined;
  if (match.kind !== 'route' || plan === undefined) throw new Error('there is no rule');
  const request = requestFor(nth);
  const keyed = plan.key(match.route, request, new Set(['authorization']));
  if (keyed.kind === 'bypass') throw new Error(`it goes past the cache: ${keyed.reason}`);
  // As it arrives: cut from what was read off the socket.
  const body = joinedBytes([Buffer.alloc(bytes + 400, 97).subarray(400)], bytes);
  const reply = { status: 200, headers: fieldsFor(nth, bytes), body };
  const course = {
    epoch: 1,
    costMs,
    delayMs: costMs,
    nowMs: performance.now(),
    wallMs: Date.now(),
  };
  const past = { old: undefined, failures: 0 };
  return plan.entry({ route: match.route, plan, keyed, request }, reply, body, course, past);
}
