/** The plan of `cache: http`: a shared cache to the letter of RFC 9111, Vary as second step. */
import { bodyKeyParts } from '../policy/body-key.js';
import type { BypassReason, GatewayRequest, RawHeaders, RefusalReason, Reply } from '../message.js';
import { hasOriginCondition } from '../policy/conditional.js';
import { passedFields } from '../policy/forward.js';
import { firstValue, hasField, storableFields, withField } from '../policy/headers.js';
import { keyedMethod, keyOf, seedOf, strippedPath, targetOf, type Keying } from '../policy/key.js';
import { searchVariation } from '../policy/no-vary-search.js';
import { requestDirectives } from '../policy/request-directives.js';
import { revalidationFields, unconditionalFields } from '../policy/revalidation.js';
import type { Route } from '../policy/rules.js';
import { isSharedByWord } from '../policy/storable.js';
import { SURROGATE_CAPABILITY } from '../policy/surrogate-control.js';
import { coversStatus, usabilityOf } from '../policy/usable.js';
import { codingClass, SENT_ACCEPT_ENCODING, variantValues } from '../policy/vary.js';
import { ageMs, type Entry } from './entry.js';
import {
  described,
  entryOfHttp,
  fieldsFor,
  firstReply,
  refusalOf,
  renewed,
  saidBy,
  SHARED,
} from './entry-http.js';
import type { Searches } from './searches.js';
import type { Forward, Plan, Shelves, Task } from './plan.js';
import type { FieldsFor } from './variants.js';

/** RFC 10008 leaves the size to us; what is larger goes past the cache. */
const CONTENT_BYTES_MAX = 64 * 1024;
const EXACT = { json: 'exact' } as const;
const SCHEMA = 'leyden-http-key-1';

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
  const method = keyedMethod(route, request);
  if (method === undefined) return pass('method');
  if (request.body !== undefined) return pass('body');
  if (!credentialless(request.headers, credentials)) return pass('credentials');
  if (route.bypassesCookies && hasField(request.headers, 'cookie')) return pass('cookies');
  // RFC 9111 section 4.3.2: these two are the origin's to judge.
  if (hasOriginCondition(request.headers)) return pass('condition');
  const { host, path, query, content } = request;
  const parts = [SCHEMA, route.pattern, route.version, method, host, path];
  parts.push(query === undefined ? '-' : `+${query}`);
  if (content !== undefined) parts.push(...bodyKeyParts(request.headers, content, EXACT));
  return {
    kind: 'keyed',
    key: keyOf(parts),
    partition: SHARED,
    method,
    target: targetOf(strippedPath(route, path), query),
    headers: [],
    content,
    seed: seedOf(route, method),
    plain: false,
  };
}

/**
 * Why only one caller may have it: collapsing is only for what may be stored (RFC 9111 section
 * 4).
 */
function whyAlone(reply: Reply, refused: RefusalReason | undefined): RefusalReason | undefined {
  if (refused === undefined) return undefined;
  // When the upstream fails, all who wait learn it at once.
  const isFailure = reply.status >= 500 && !hasField(reply.headers, 'set-cookie');
  return isFailure && (refused === 'no-lifetime' || refused === 'status') ? undefined : refused;
}

/** The request without its Cache-Control, so that only the answer's own words count. */
function wordless(request: GatewayRequest): GatewayRequest {
  return { ...request, headers: storableFields(request.headers, ['cache-control', 'pragma']) };
}

function headOf(reply: Reply) {
  return { status: reply.status, headers: reply.headers, framed: reply.framed ?? true };
}

/**
 * Whether it may be given to those who waited beside the one who asked. What must be asked about
 * anew is his alone (RFC 9111 section 4); a failure of the upstream is everybody's.
 */
function isForMany({ http, status, headers, freshUntilMs, storedAtMs }: Entry): boolean {
  if (http?.directives.noCache === false && freshUntilMs > storedAtMs) return true;
  return status >= 500 && !hasField(headers, 'set-cookie');
}

/** Whether this caller may be given it at all: RFC 9111 section 3.5 for those with a credential. */
function mayServe(entry: Entry, request: GatewayRequest): boolean {
  if (entry.http === undefined) return false;
  return !hasField(request.headers, 'authorization') || isSharedByWord(entry.http.directives);
}

function findAt(
  { store, variants }: Shelves,
  key: string,
  request: GatewayRequest,
  fields: FieldsFor,
) {
  for (;;) {
    const variant = variants.select(key, fields);
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
  const coded = withField(passed, 'Accept-Encoding', coding);
  const sent = withField(coded, 'Surrogate-Capability', SURROGATE_CAPABILITY);
  // Nothing of the reply may be kept, so one without content would be of no use (5.2.1.5).
  if (old === undefined || requestDirectives(request.headers).noStore) return sent;
  return revalidationFields(sent, saidBy(old), wallMs) ?? sent;
}

export function planOfHttp(
  bodyBytesMax: () => number,
  trusts: () => (peer: string) => boolean,
  searches: Searches,
): Plan {
  return {
    tags: [],
    abandon: false,
    patienceMs: undefined,
    softLimitMs: undefined,
    step: {
      fieldsFor: (request) => fieldsFor(request, trusts()),
      baseOf: (keyed, request) => searches.baseOf(keyed, request),
      learn: (keyed, request, said) => searches.learn(keyed, request, said),
      mayServe,
    },
    contentBytesMax: CONTENT_BYTES_MAX,
    get bodyBytesMax() {
      return bodyBytesMax();
    },
    key: keyHttp,
    find(shelves, keyed, request) {
      const fields = fieldsFor(request, trusts());
      const exact = findAt(shelves, keyed.key, request, fields);
      if (exact !== undefined) return exact;
      const base = searches.baseOf(keyed, request);
      return base === undefined ? undefined : findAt(shelves, base, request, fields);
    },
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
    queryOf: (query) => query,
    flightPart({ variants }, keyed, request) {
      const names = variants.names(keyed.key);
      const fields = fieldsFor(request, trusts())(names);
      const values = variantValues(names, fields).map((value) => value ?? '-');
      // Who shows a credential may be given what others are not.
      const own = hasField(request.headers, 'authorization') ? request.partition : '';
      return keyOf([own, ...names, ...values]);
    },
    suits(entry, request) {
      const { http } = entry;
      if (http === undefined) return 'alone';
      const values = variantValues(http.names, fieldsFor(request, trusts())(http.names));
      if (!values.every((value, at) => value === http.values[at])) return 'other';
      return isForMany(entry) ? 'shared' : 'alone';
    },
    fields: (task, old, wallMs) => fields(task, old, trusts(), wallMs),
    judge(task, reply) {
      const head = headOf(reply);
      const refused = refusalOf(task, head);
      const byRequest =
        refused !== undefined && refusalOf(task, head, wordless(task.request)) === undefined;
      return { alone: whyAlone(reply, refused), refused, byRequest };
    },
    failureHoldMs: () => 0,
    entry(task, reply, body, at) {
      const variation = searchVariation(reply.headers);
      const { keyed, request } = task;
      const { wallMs } = at;
      const base = variation && searches.learn(keyed, request, { variation, wallMs });
      return entryOfHttp(task, reply, body, at, { base: base ?? keyed.key, trusts: trusts() });
    },
    firstReply,
    renewed: (task, old, reply, at) => renewed(task, old, reply, at, trusts()),
    described: (task, old, headers, at) => described(task, old, headers, at, trusts()),
  };
}
