/** The plan of a lifetime rule: the key covers everything, the rule says how long it holds. */
import type { RefusalReason, Reply } from '../message.js';
import { errorHoldMs, isFailing, retryAfterMs } from '../policy/backoff.js';
import { responseDirectives, type ResponseDirectives } from '../policy/cache-control.js';
import { whyPlain } from '../policy/coding.js';
import { keyedFields } from '../policy/forward.js';
import { ageValueMs } from '../policy/freshness.js';
import { keyedQuery, keyUnderRule } from '../policy/key.js';
import { earlyUnderRule, learnCost, NEVER_EARLY, type Lived } from '../policy/early.js';
import { lifetimeUnderRule, type Circumstances } from '../policy/lifetime.js';
import { replayedFields, validatorOf } from '../policy/replay.js';
import type { LifetimeRule } from '../policy/rules.js';
import { spreadOf, windowEndMs } from '../policy/spread.js';
import { errorLifetimeMs, storableUnderRule, type AnswerHead } from '../policy/storable.js';
import { cacheGroups, tagsOf } from '../policy/tags.js';
import { addressOf, chargeOf, keptTexts, nothingLearnt, type Entry } from './entry.js';
import { recipeUnderRule } from './recipe.js';
import type { Course, Forward, Past, Plan, Task } from './plan.js';

/**
 * Refusals that speak of one caller, or of an end that cannot be trusted: never handed to others.
 */
const NOT_SHARED: ReadonlySet<RefusalReason> = new Set([
  'no-store',
  'private',
  'no-cache',
  'set-cookie',
  'vary',
  'unparsable',
  'unframed',
  'partial',
]);

/**
 * Why an answer may go to one caller only. A status that is not kept hides what else stands in the
 * head, so it is looked at as if it were a good one: a login page's redirect sets cookies too.
 */
function whyAlone(head: AnswerHead, rule: LifetimeRule, said: ResponseDirectives) {
  const first = storableUnderRule(head, rule, said);
  const isByStatus = first === 'status' || first === 'zero-lifetime';
  const why = isByStatus ? storableUnderRule({ ...head, status: 200 }, rule, said) : first;
  return why !== undefined && NOT_SHARED.has(why) ? why : undefined;
}

/** Groups are an origin's own: another host's group of the same name is another (RFC 9875). */
export function groupTag(host: string, group: string): string {
  return `group:${host}:${group}`;
}

export function allTagsOf({ route, plan, request }: Task, reply: Reply): readonly string[] {
  return [
    ...plan.tags,
    ...tagsOf(reply.headers),
    ...cacheGroups(reply.headers).map((group) => groupTag(request.host, group)),
    `route:${route.pattern}`,
    `upstream:${route.upstream}`,
    `status:${reply.status}`,
  ];
}

interface Arrived {
  readonly reply: Reply;
  readonly body: Buffer;
  readonly at: Course;
  readonly past: Past;
}

/**
 * A window belongs to the answer that is stored in it, unless this window's answer is there:
 *   1. window n is answered; a hit near its end starts the computation for window n+1
 *   2. that one arrives while the answer of n is fresh: it holds until the end of n+1
 *   2' or it arrives after the roll, in n+1, and holds until the same end
 * Nothing is ever stored for n+2.
 */
function windowLeftMs(windowMs: number | undefined, key: string, { at, past }: Arrived) {
  if (windowMs === undefined) return undefined;
  const leftMs = windowEndMs(key, windowMs, at.wallMs) - at.wallMs;
  const { old } = past;
  const isAnswered = old !== undefined && !old.negative && at.nowMs < old.freshUntilMs;
  return isAnswered ? leftMs + windowMs : leftMs;
}

function circumstancesOf(rule: LifetimeRule, key: string, arrived: Arrived): Circumstances {
  const { at, past, reply } = arrived;
  return {
    spread: rule.jitter === 0 ? 0 : spreadOf(key, at.wallMs),
    windowLeftMs: windowLeftMs(rule.windowMs, key, arrived),
    failures: isFailing(reply.status) ? past.failures + 1 : 1,
    retryAfterMs: retryAfterMs(reply.status, reply.headers, at.wallMs),
  };
}

/** What is learnt of computing it: only what went well says how long that takes. */
function learntOf(rule: LifetimeRule, negative: boolean, times: Lived, { at, past }: Arrived) {
  const { old } = past;
  if (negative) return { usual: old?.usual, ...NEVER_EARLY };
  const usual = learnCost(old?.usual, at.costMs);
  return { usual, ...earlyUnderRule(rule, usual, times) };
}

/** One plain literal: spread together, it takes ten times as long to make. */
function entryUnder(rule: LifetimeRule, task: Task, arrived: Arrived): Entry {
  const { route, keyed, request } = task;
  const { reply, body, at } = arrived;
  const etag = validatorOf(reply.headers, body);
  const headers = replayedFields(route, rule, { headers: reply.headers, body, etag });
  const initialAgeMs = ageValueMs(reply.headers);
  const directives = responseDirectives(reply.headers);
  const circumstances = circumstancesOf(rule, keyed.key, arrived);
  const windows = lifetimeUnderRule(reply.status, directives, initialAgeMs, rule, circumstances);
  const tags = allTagsOf(task, reply);
  const freshUntilMs = at.nowMs + windows.ttlMs;
  const recipe = recipeUnderRule(task);
  const address = addressOf(request.host, request.path);
  const query = keyedQuery(request.query, rule.query);
  const texts = keptTexts({ address, query, tags, recipe, http: undefined });
  const plainFor = whyPlain(headers, body.byteLength, directives.noTransform);
  const nothing = nothingLearnt(at.epoch);
  const early = learntOf(rule, windows.negative, { storedAtMs: at.nowMs, freshUntilMs }, arrived);
  return {
    key: keyed.key,
    partition: keyed.partition,
    address,
    query,
    route: route.pattern,
    status: reply.status,
    headers,
    etag,
    body,
    storedAtMs: at.nowMs,
    arrivedWallMs: at.wallMs,
    freshUntilMs,
    staleUntilMs: freshUntilMs + windows.staleWhileRevalidateMs,
    errorUntilMs: freshUntilMs + windows.staleIfErrorMs,
    initialAgeMs: rule.origin === 'override' ? 0 : initialAgeMs,
    costMs: at.costMs,
    negative: windows.negative,
    tags,
    epoch: at.epoch,
    chargedBytes: chargeOf(headers, body, keyed.key, texts),
    refreshNotBeforeMs: nothing.refreshNotBeforeMs,
    failures: isFailing(reply.status) ? circumstances.failures : 0,
    failedBy: nothing.failedBy,
    earlyFromMs: early.earlyFromMs,
    earlyDeltaMs: early.earlyDeltaMs,
    usual: early.usual,
    judgedEpoch: nothing.judgedEpoch,
    madeOld: nothing.madeOld,
    hits: nothing.hits,
    hitsBefore: nothing.hitsBefore,
    behind: nothing.behind,
    rhythm: nothing.rhythm,
    // Only what is good may be coded: an error is small, and soon over.
    coded: plainFor === undefined && !windows.negative ? 'open' : undefined,
    plainFor: windows.negative ? undefined : plainFor,
    movedTo: nothing.movedTo,
    tracked: nothing.tracked,
    recipe,
    http: undefined,
  };
}

const COMPUTE: Forward = { kind: 'compute' };

export function planOfRule(rule: LifetimeRule): Plan {
  return {
    tags: rule.tags,
    bodyBytesMax: rule.bodyBytesMax,
    contentBytesMax: rule.body.maxBytes,
    abandon: rule.abandon,
    patienceMs: rule.patienceMs,
    softLimitMs: rule.softLimitMs,
    step: undefined,
    key: (route, request, credentials) => keyUnderRule(route, rule, request, credentials),
    find: ({ store }, keyed) => store.get(keyed.key),
    use(entry, _request, { nowMs, live }) {
      if (live && nowMs < entry.freshUntilMs) return { kind: 'fresh' };
      const mayStandIn = !entry.negative && rule.staleIfErrorMs > 0 && nowMs < entry.errorUntilMs;
      // Purged to stale, it goes out old only where the rule lets anything go out old.
      const mayBeOld = live || rule.staleWhileRevalidateMs > 0;
      if (mayBeOld && nowMs < entry.staleUntilMs)
        return { kind: 'old', reason: 'revalidating', refresh: true };
      if (mayStandIn && nowMs < entry.refreshNotBeforeMs) {
        return { kind: 'old', reason: entry.failedBy, refresh: false };
      }
      // Transport and 5xx only: a refusal (401, 403, 404, 410) is never covered up.
      return {
        kind: 'ask',
        standsIn: (status) => mayStandIn && (status === 'unreachable' || status >= 500),
      };
    },
    outlasts: (entry, nowMs) => !entry.negative && nowMs < entry.errorUntilMs,
    forward: () => COMPUTE,
    queryOf: (query) => keyedQuery(query, rule.query),
    flightPart: () => '',
    suits: () => 'shared',
    fields: ({ keyed, request, route }) => keyedFields(keyed.headers, request, route.request),
    judge(_task, reply) {
      const head = { status: reply.status, headers: reply.headers, framed: reply.framed ?? true };
      const directives = responseDirectives(reply.headers);
      return {
        alone: whyAlone(head, rule, directives),
        refused: storableUnderRule(head, rule, directives),
        byRequest: false,
      };
    },
    entry: (task, reply, body, at, past) => entryUnder(rule, task, { reply, body, at, past }),
    failureHoldMs: (status, failures) => errorHoldMs(errorLifetimeMs(status, rule) ?? 0, failures),
    firstReply: () => undefined,
    // A lifetime rule never asks conditionally, so a 304 is an answer to nobody's question.
    renewed: () => undefined,
    described: () => undefined,
  };
}
