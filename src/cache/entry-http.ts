/** Stored answers under `cache: http`: made of an upstream's answer, renewed by a 304 or a HEAD. */
import { httpDate } from '../clock.js';
import type { GatewayRequest, RawHeaders, RefusalReason, Reply } from '../message.js';
import { responseDirectives, type ResponseDirectives } from '../policy/cache-control.js';
import { entityTagOf } from '../policy/entity-tag.js';
import { editedFields, OWN_FIELDS, passedFields } from '../policy/forward.js';
import { initialAgeMs, lifetimeOf } from '../policy/freshness.js';
import {
  allValues,
  firstValue,
  hasField,
  listMembers,
  singleValue,
  storableFields,
  withField,
} from '../policy/headers.js';
import { searchVariation } from '../policy/no-vary-search.js';
import { fieldsAfter304 } from '../policy/revalidation.js';
import { storableUnderHttp, type AnswerHead } from '../policy/storable.js';
import { staleWindowsMs } from '../policy/usable.js';
import { variantValues, varyNames } from '../policy/vary.js';
import { addressOf, chargeOf, keptTexts, nothingLearnt, type Entry } from './entry.js';
import { allTagsOf } from './plan-rule.js';
import type { Course, Task } from './plan.js';
import { recipeUnderHttp } from './recipe.js';
import { variantKey } from './variants.js';

/** All of them lie in the one shared slot. */
export const SHARED = 'shared';

export type Trusts = (peer: string) => boolean;

const NO_EDITS = { set: {}, remove: [] };

/**
 * What a request says of these names. Of what we say ourselves, the origin has seen our words and
 * not the caller's: two callers without X-Forwarded-For still come from two addresses.
 */
export function fieldsFor(request: GatewayRequest, trusts: Trusts) {
  let own: RawHeaders | undefined;
  return (names: readonly string[]): RawHeaders => {
    if (!names.some((name) => OWN_FIELDS.has(name))) return request.headers;
    return (own ??= passedFields(request, NO_EDITS, trusts));
  };
}

/** Why it is not stored: by the route's word, or by RFC 9111. */
export function refusalOf(
  task: Task,
  head: AnswerHead,
  request: GatewayRequest = task.request,
): RefusalReason | undefined {
  if (task.route.refusesSetCookie && hasField(head.headers, 'set-cookie')) return 'set-cookie';
  return storableUnderHttp(request, head);
}

/** What is said but never stored: it is of one caller, of one hop, or ours to say. */
function keptFields(headers: RawHeaders): RawHeaders {
  const { privateFields, noCacheFields } = responseDirectives(headers);
  return storableFields(headers, [...privateFields, ...noCacheFields, 'age', 'x-request-id']);
}

/** RFC 9110 section 8.6: a 204 carries no length. */
function measured(status: number, headers: RawHeaders, body: Buffer): RawHeaders {
  if (status === 204) return headers;
  return withField(headers, 'Content-Length', String(body.byteLength));
}

/**
 * The stored fields: everything end-to-end but what a directive takes out, with a Date at least.
 */
function fieldsOf({ status, headers }: Reply, body: Buffer, wallMs: number): RawHeaders {
  const kept = keptFields(headers);
  // RFC 9110 section 6.6.1: a recipient with a clock dates what has no Date.
  const dated = hasField(kept, 'date') ? kept : [...kept, 'Date', httpDate(wallMs)];
  return measured(status, dated, body);
}

/** The stored fields as the origin said them. */
export function saidBy(entry: Entry): RawHeaders {
  return entry.http?.said ?? entry.headers;
}

/** Encoded content is not for who refused the coding, though the origin forgot to say so. */
function namesIn(headers: RawHeaders): readonly string[] {
  const listed = varyNames(headers);
  const names = listed === '*' ? [] : listed;
  if (names.includes('accept-encoding') || !isEncoded(headers)) return names;
  return [...names, 'accept-encoding'].sort();
}

function isEncoded(headers: RawHeaders): boolean {
  const codings = listMembers(allValues(headers, 'content-encoding'));
  return codings.some((coding) => coding.toLowerCase() !== 'identity');
}

interface Made {
  /** Before the route's edits. */
  readonly said: RawHeaders;
  readonly body: Buffer;
  readonly costMs: number;
  readonly base: string;
  readonly trusts: Trusts;
}

/** How long it may be used, reckoned from now on (RFC 9111 section 4.2). */
function timesOf({ status, headers }: Reply, directives: ResponseDirectives, at: Course) {
  const { wallMs, costMs, nowMs } = at;
  // It grew older while its content came in, which may well take longer than its head.
  const arrival = { status, headers, directives, wallMs, delayMs: costMs };
  const { lifetimeMs } = lifetimeOf(arrival);
  const ageMs = initialAgeMs(arrival);
  const freshUntilMs = nowMs + lifetimeMs - ageMs;
  const { whileRevalidateMs, ifErrorMs } = staleWindowsMs(directives);
  return {
    lifetimeMs,
    entry: {
      freshUntilMs,
      staleUntilMs: freshUntilMs + whileRevalidateMs,
      errorUntilMs: freshUntilMs + ifErrorMs,
      initialAgeMs: ageMs,
      storedAtMs: nowMs,
      arrivedWallMs: wallMs,
    },
  };
}

/** RFC 9111 section 4.1: what tells this answer apart from others of the same resource. */
function variantOf(request: GatewayRequest, headers: RawHeaders, { base, trusts, said }: Made) {
  const names = namesIn(headers);
  const values = variantValues(names, fieldsFor(request, trusts)(names));
  const spoken = singleValue(said, 'content-language');
  const language = spoken.kind === 'one' ? spoken.value.trim().toLowerCase() : undefined;
  return { key: variantKey(base, names, values), http: { base, names, values, language } };
}

function entryFrom(task: Task, reply: Reply, at: Course, made: Made): Entry {
  const { route, request } = task;
  const { status } = reply;
  const { said, body, costMs } = made;
  const headers = editedFields(said, route.response);
  const unedited = headers === said ? {} : { said };
  const directives = responseDirectives(reply.headers);
  const times = timesOf(reply, directives, at);
  const { key, http } = variantOf(request, reply.headers, made);
  const tags = allTagsOf(task, reply);
  const recipe = recipeUnderHttp(task, http.names);
  const address = addressOf(request.host, request.path);
  const kept = { address, query: request.query, tags, recipe, http: { ...http, ...unedited } };
  return {
    ...{ key, status, headers, body, costMs, tags, recipe, ...times.entry },
    partition: SHARED,
    address,
    query: request.query,
    route: route.pattern,
    etag: entityTagOf(headers) === undefined ? undefined : firstValue(headers, 'etag'),
    negative: status >= 400,
    epoch: at.epoch,
    chargedBytes: chargeOf(headers, body, key, keptTexts(kept)),
    ...nothingLearnt(at.epoch),
    http: {
      ...http,
      search: searchVariation(reply.headers),
      directives,
      ...unedited,
      lifetimeMs: times.lifetimeMs,
    },
  };
}

/** Fields that a directive keeps out of the store were still meant for the one who asked. */
export function firstReply(task: Task, reply: Reply, entry: Entry): Reply | undefined {
  const { status, headers } = reply;
  const { body } = entry;
  const { privateFields, noCacheFields } = responseDirectives(headers);
  if (privateFields.length + noCacheFields.length === 0) return undefined;
  const kept = measured(status, storableFields(headers, ['age', 'x-request-id']), body);
  return { status, headers: editedFields(kept, task.route.response), body };
}

/** The old answer with the newer fields, and a life that begins again (RFC 9111 section 4.3.4). */
export function renewed(
  task: Task,
  old: Entry,
  reply: Reply,
  at: Course,
  trusts: Trusts,
): Entry | undefined {
  const headers = fieldsAfter304(saidBy(old), reply.headers, at.wallMs);
  return headers === undefined ? undefined : described(task, old, headers, at, trusts);
}

/** Undefined when what it says now may not be stored. */
export function described(
  task: Task,
  old: Entry,
  headers: RawHeaders,
  at: Course,
  trusts: Trusts,
): Entry | undefined {
  const { status, body, costMs } = old;
  const request = { ...task.request, method: task.keyed.method };
  if (refusalOf(task, { status, headers, framed: true }, request) !== undefined) return undefined;
  const base = old.http?.base ?? task.keyed.key;
  const made = { said: keptFields(headers), body, costMs, base, trusts };
  return entryFrom(task, { status, headers, body: undefined }, at, made);
}

/** The answer that has just come, as it is stored. */
export function entryOfHttp(
  task: Task,
  reply: Reply,
  body: Buffer,
  at: Course,
  { base, trusts }: Pick<Made, 'base' | 'trusts'>,
): Entry {
  const said = fieldsOf(reply, body, at.wallMs);
  return entryFrom(task, reply, at, { said, body, costMs: at.costMs, base, trusts });
}
