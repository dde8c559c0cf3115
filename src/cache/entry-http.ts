/** Stored answers under `cache: http`: made of an upstream's answer, renewed by a 304 or a HEAD. */
import { httpDate } from '../clock.js';
import type { RawHeaders, Reply } from '../message.js';
import { responseDirectives } from '../policy/cache-control.js';
import { entityTagOf } from '../policy/entity-tag.js';
import { editedFields } from '../policy/forward.js';
import { initialAgeMs, lifetimeOf } from '../policy/freshness.js';
import { firstValue, hasField, singleValue, storableFields, withField } from '../policy/headers.js';
import { keyOf } from '../policy/key.js';
import { searchVariation } from '../policy/no-vary-search.js';
import { fieldsAfter304 } from '../policy/revalidation.js';
import { staleWindowsMs } from '../policy/usable.js';
import { variantValues, varyNames } from '../policy/vary.js';
import { addressOf, chargeOf, nothingLearnt, type Entry } from './entry.js';
import { allTagsOf } from './plan-rule.js';
import type { Course, Task } from './plan.js';
import { recipeUnderHttp } from './recipe.js';

/** All of them lie in the one shared slot. */
export const SHARED = 'shared';

/**
 * The stored fields: everything end-to-end but what a directive takes out, with a Date at least.
 */
function fieldsOf(task: Task, reply: Reply, body: Buffer, wallMs: number): RawHeaders {
  const { privateFields, noCacheFields } = responseDirectives(reply.headers);
  const kept = storableFields(reply.headers, [
    ...privateFields,
    ...noCacheFields,
    'age',
    'x-request-id',
  ]);
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
  made: {
    readonly headers: RawHeaders;
    readonly body: Buffer;
    readonly costMs: number;
    readonly base: string;
  },
): Entry {
  const { route, request } = task;
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
    made.base,
    ...names.flatMap((name, n) => [name, values[n] === undefined ? '-' : `+${values[n]}`]),
  ]);
  const spoken = singleValue(made.headers, 'content-language');
  const language = spoken.kind === 'one' ? spoken.value.trim().toLowerCase() : undefined;
  const tags = allTagsOf(task, reply);
  const recipe = recipeUnderHttp(task, names);
  const freshUntilMs = at.nowMs + lifetimeMs - ageOnArrivalMs;
  const tag =
    entityTagOf(made.headers) === undefined ? undefined : firstValue(made.headers, 'etag');
  return {
    key,
    partition: SHARED,
    address: addressOf(request.host, request.path),
    query: request.query,
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
    chargedBytes: chargeOf(made.headers, made.body, key, [...tags, ...(recipe ?? [])]),
    ...nothingLearnt(at.epoch),
    recipe,
    http: {
      base: made.base,
      search: searchVariation(reply.headers),
      names,
      values,
      language,
      directives,
      lifetimeMs,
    },
  };
}

/** Fields that a directive keeps out of the store were still meant for the one who asked. */
export function firstReply(task: Task, reply: Reply, entry: Entry): Reply | undefined {
  const { privateFields, noCacheFields } = responseDirectives(reply.headers);
  if (privateFields.length + noCacheFields.length === 0) return undefined;
  const kept = withField(
    storableFields(reply.headers, ['age']),
    'Content-Length',
    String(entry.body.byteLength),
  );
  return {
    status: reply.status,
    headers: editedFields(kept, task.route.response),
    body: entry.body,
  };
}

/** The old answer with the newer fields, and a life that begins again (RFC 9111 section 4.3.4). */
export function renewed(task: Task, old: Entry, reply: Reply, at: Course): Entry | undefined {
  const { privateFields, noCacheFields } = responseDirectives(reply.headers);
  const out = [...privateFields, ...noCacheFields];
  const headers = fieldsAfter304(old.headers, reply.headers, at.wallMs, out);
  return headers === undefined ? undefined : described(task, old, headers, at);
}

export function described(task: Task, old: Entry, headers: RawHeaders, at: Course): Entry {
  const whole = { status: old.status, headers, body: undefined };
  const made = {
    headers: storableFields(headers, ['age']),
    body: old.body,
    costMs: old.costMs,
    base: old.http?.base ?? task.keyed.key,
  };
  return entryFrom(task, whole, at, made);
}

/** The answer that has just come, as it is stored. */
export function entryOfHttp(
  task: Task,
  reply: Reply,
  body: Buffer,
  at: Course,
  base: string,
): Entry {
  const headers = fieldsOf(task, reply, body, at.wallMs);
  return entryFrom(task, reply, at, { headers, body, costMs: at.costMs, base });
}
