/** The plan of `cache: http`: a shared cache to the letter of RFC 9111, with Vary as second step. */
import { httpDate } from '../clock.js';
import type { BypassReason, GatewayRequest, RawHeaders, RefusalReason, Reply } from '../message.js';
import { responseDirectives } from '../policy/cache-control.js';
import { hasOriginCondition } from '../policy/conditional.js';
import { entityTagOf } from '../policy/entity-tag.js';
import { editedFields, passedFields } from '../policy/forward.js';
import { initialAgeMs, lifetimeOf } from '../policy/freshness.js';
import { firstValue, hasField, storableFields, withField } from '../policy/headers.js';
import { keyOf, strippedPath, targetOf, type Keying } from '../policy/key.js';
import { requestDirectives } from '../policy/request-directives.js';
import { fieldsAfter304, revalidationFields, unconditionalFields } from '../policy/revalidation.js';
import type { Route } from '../policy/rules.js';
import { isSharedByWord, storableUnderHttp } from '../policy/storable.js';
import { coversStatus, staleWindowsMs, usabilityOf } from '../policy/usable.js';
import { codingClass, SENT_ACCEPT_ENCODING, variantValues, varyNames } from '../policy/vary.js';
import { ageMs, chargeOf, type Entry } from './entry.js';
import { allTagsOf } from './plan-rule.js';
import type { Course, Forward, Plan, Shelves, Task } from './plan.js';

const SCHEMA = 'leyden-http-key-1';
const SHARED = 'shared';

function credentialless(headers: RawHeaders, credentials: ReadonlySet<string>): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    // Authorization has a section of its own in RFC 9111; nothing speaks of the others.
    if (name !== 'authorization' && credentials.has(name)) return false;
  }
  return true;
}

function keyHttp(route: Route, request: GatewayRequest, credentials: ReadonlySet<string>): Keying {
  const pass = (reason: BypassReason): Keying => ({ kind: 'bypass', reason });
  if (request.method !== 'GET' && request.method !== 'HEAD') return pass('method');
  if (request.body !== undefined) return pass('body');
  if (!credentialless(request.headers, credentials)) return pass('credentials');
  // RFC 9111 section 4.3.2: these two are the origin's to judge.
  if (hasOriginCondition(request.headers)) return pass('condition');
  const { host, path, query } = request;
  const parts = [SCHEMA, route.pattern, route.version, 'GET', host, path];
  parts.push(query === undefined ? '-' : `+${query}`);
  return {
    kind: 'keyed',
    key: keyOf(parts),
    partition: SHARED,
    target: targetOf(strippedPath(route, path), query),
    headers: [],
    plain: false,
  };
}

/** Why only one caller may have it: collapsing is only for what may be stored (RFC 9111 section 4). */
function whyAlone(reply: Reply, refused: RefusalReason | undefined): RefusalReason | undefined {
  if (refused === undefined) return undefined;
  // When the upstream fails, all who wait learn it at once.
  const isFailure = reply.status >= 500 && !hasField(reply.headers, 'set-cookie');
  return isFailure && (refused === 'no-lifetime' || refused === 'status') ? undefined : refused;
}

function headOf(reply: Reply) {
  return { status: reply.status, headers: reply.headers, framed: reply.framed ?? true };
}

/** The stored fields: everything end-to-end but what a directive takes out, with a Date at least. */
function fieldsOf(task: Task, reply: Reply, body: Buffer, wallMs: number): RawHeaders {
  const { privateFields, noCacheFields } = responseDirectives(reply.headers);
  const kept = storableFields(reply.headers, [...privateFields, ...noCacheFields, 'age']);
  // RFC 9110 section 6.6.1: a recipient with a clock dates what has no Date.
  const dated = hasField(kept, 'date') ? kept : [...kept, 'Date', httpDate(wallMs)];
  const framed =
    reply.status === 204 ? dated : withField(dated, 'Content-Length', String(body.byteLength));
  return editedFields(framed, task.route.response);
}

function entryFrom(
  task: Task,
  reply: Reply,
  at: Course,
  made: { readonly headers: RawHeaders; readonly body: Buffer; readonly costMs: number },
): Entry {
  const { route, keyed, request } = task;
  const { status } = reply;
  const directives = responseDirectives(reply.headers);
  const arrival = {
    status,
    headers: reply.headers,
    directives,
    wallMs: at.wallMs,
    delayMs: at.delayMs,
  };
  const { lifetimeMs } = lifetimeOf(arrival);
  const ageOnArrivalMs = initialAgeMs(arrival);
  const windows = staleWindowsMs(directives);
  const listed = varyNames(reply.headers);
  const names = listed === '*' ? [] : listed;
  const values = variantValues(names, request.headers);
  const key = keyOf([
    keyed.key,
    ...names.flatMap((name, n) => [name, values[n] === undefined ? '-' : `+${values[n]}`]),
  ]);
  const tags = allTagsOf(task, reply);
  const freshUntilMs = at.nowMs + lifetimeMs - ageOnArrivalMs;
  const tag =
    entityTagOf(made.headers) === undefined ? undefined : firstValue(made.headers, 'etag');
  return {
    key,
    partition: SHARED,
    route: route.pattern,
    status,
    headers: made.headers,
    etag: tag,
    body: made.body,
    storedAtMs: at.nowMs,
    arrivedWallMs: at.wallMs,
    freshUntilMs,
    staleUntilMs: freshUntilMs + windows.whileRevalidateMs,
    errorUntilMs: freshUntilMs + windows.ifErrorMs,
    initialAgeMs: ageOnArrivalMs,
    costMs: made.costMs,
    negative: status >= 400,
    tags,
    epoch: at.epoch,
    chargedBytes: chargeOf(made.headers, made.body, key, tags),
    refreshNotBeforeMs: 0,
    http: { base: keyed.key, names, values, directives, lifetimeMs },
  };
}

/** The old answer with the newer fields, and a life that begins again (RFC 9111 section 4.3.4). */
function renewed(task: Task, old: Entry, reply: Reply, at: Course): Entry | undefined {
  const { privateFields, noCacheFields } = responseDirectives(reply.headers);
  const out = [...privateFields, ...noCacheFields];
  const headers = fieldsAfter304(old.headers, reply.headers, at.wallMs, out);
  if (headers === undefined) return undefined;
  const whole = { status: old.status, headers, body: undefined };
  const made = { headers: storableFields(headers, ['age']), body: old.body, costMs: old.costMs };
  return entryFrom(task, whole, at, made);
}

/** Whether this caller may be given it at all: RFC 9111 section 3.5 for those with a credential. */
function mayServe(entry: Entry, request: GatewayRequest): boolean {
  if (entry.http === undefined) return false;
  return !hasField(request.headers, 'authorization') || isSharedByWord(entry.http.directives);
}

function find({ store, variants }: Shelves, key: string, request: GatewayRequest) {
  for (;;) {
    const variant = variants.select(key, request.headers);
    if (variant === undefined) return undefined;
    const entry = store.get(variant.key);
    if (entry !== undefined) return mayServe(entry, request) ? entry : undefined;
    // The store has let it go.
    variants.remove(key, variant.key);
  }
}

function forward(request: GatewayRequest): Forward {
  if (requestDirectives(request.headers).onlyIfCached) return { kind: 'never' };
  // What HEAD and Range bring back is not what GET would, so nobody else could use it.
  if (request.method === 'HEAD') return { kind: 'pass', reason: 'method' };
  if (hasField(request.headers, 'range')) return { kind: 'pass', reason: 'range' };
  return { kind: 'compute' };
}

function fields(
  task: Task,
  old: Entry | undefined,
  trusts: (peer: string) => boolean,
  wallMs: number,
) {
  const { request, route } = task;
  const passed = unconditionalFields(passedFields(request, route.request, trusts));
  // What is keyed is what is sent: the class of the coding, not each client's own spelling.
  const coding = SENT_ACCEPT_ENCODING[codingClass(firstValue(request.headers, 'accept-encoding'))];
  const sent = withField(passed, 'Accept-Encoding', coding);
  return old === undefined ? sent : (revalidationFields(sent, old.headers, wallMs) ?? sent);
}

export function planOfHttp(
  bodyBytesMax: () => number,
  trusts: () => (peer: string) => boolean,
): Plan {
  return {
    tags: [],
    abandon: false,
    get bodyBytesMax() {
      return bodyBytesMax();
    },
    key: keyHttp,
    find: (shelves, keyed, request) => find(shelves, keyed.key, request),
    use(entry, request, { nowMs, live }) {
      const { http } = entry;
      const never = { kind: 'ask', standsIn: () => false } as const;
      if (http === undefined) return never;
      const asked = requestDirectives(request.headers);
      const usable = usabilityOf(http, asked, ageMs(entry, nowMs));
      if (usable.kind === 'fresh') return live ? { kind: 'fresh' } : never;
      if (usable.kind === 'stale') {
        const refresh = usable.by === 'while-revalidate';
        return { kind: 'old', reason: refresh ? 'revalidating' : 'max-stale', refresh };
      }
      const { ifError, ifDisconnected } = usable;
      return {
        kind: 'ask',
        standsIn: (status) =>
          status === 'unreachable' ? ifError || ifDisconnected : ifError && coversStatus(status),
      };
    },
    // Whoever is asked and does not answer leaves the old one standing (RFC 9111 section 4.2.4).
    outlasts: () => true,
    forward,
    flightPart({ variants }, keyed, request) {
      const names = variants.names(keyed.key);
      const values = variantValues(names, request.headers).map((value) => value ?? '-');
      // Who shows a credential may be given what others are not.
      const own = hasField(request.headers, 'authorization') ? request.partition : '';
      return keyOf([own, ...names, ...values]);
    },
    suits(entry, request) {
      const { http } = entry;
      if (http === undefined) return false;
      const values = variantValues(http.names, request.headers);
      return values.every((value, at) => value === http.values[at]);
    },
    fields: (task, old, wallMs) => fields(task, old, trusts(), wallMs),
    judge(task, reply) {
      const refused = storableUnderHttp(task.request, headOf(reply));
      return { alone: whyAlone(reply, refused), refused };
    },
    entry: (task, reply, body, at) =>
      entryFrom(task, reply, at, {
        headers: fieldsOf(task, reply, body, at.wallMs),
        body,
        costMs: at.costMs,
      }),
    renewed,
  };
}
