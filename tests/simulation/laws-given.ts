/** The laws of giving: whose an answer is, how old it may be, and what a purge has made of it. */
import type { Outcome, StaleReason } from '../../src/message.js';
import { lawsOfWaiting } from './laws-waited.js';
import { forbidsStale, lifeOf } from './lives.js';
import {
  identityOf,
  isByItself,
  isFailing,
  isOnesOwn,
  isSharedByWord,
  questionOf,
  queryUnder,
  valueOf,
  type Ask,
  type Call,
} from './records.js';
import type { World } from './world.js';

type Given = Extract<Outcome, { readonly reply: unknown }>;
type Complain = (law: string, what?: string) => void;

interface Giving {
  readonly world: World;
  readonly ask: Ask;
  readonly outcome: Given;
  /** The answer whose fields went out: after a 304 they are newer than the content. */
  readonly head: Call;
  readonly nowMs: number;
  readonly complain: Complain;
}

function callOf(world: World, serial: string | undefined): Call | undefined {
  return world.origin.calls[Number(serial) - 1];
}

/** Nobody gets what was said to somebody else, nor to another question. */
function whose({ ask, outcome, head, complain }: Giving): void {
  const { question, rule } = ask;
  const { who, lang, path, host, query } = question;
  const { asker } = head;
  if (head.path !== path || head.query !== queryUnder(rule, query)) complain('another question');
  if (asker !== undefined && asker.question.host !== host) complain('another host');
  if (rule === 'http') {
    const isOwn = head.auth === undefined || head.auth === who;
    if (!isOwn && !isSharedByWord(head)) complain('never another owner’s answer');
    const varies = valueOf(head.headers, 'vary')?.toLowerCase() ?? '';
    if (varies === 'x-lang' && head.lang !== lang) complain('another variant');
  } else {
    const own = rule.authorization === 'own' ? who : undefined;
    if (head.auth !== own) complain('never another owner’s answer');
    const wanted = rule.headers.includes('x-lang') ? lang : undefined;
    if (head.lang !== wanted) complain('another variant');
  }
  if (!isOnesOwn(head)) return;
  const isStored = outcome.kind === 'hit' || outcome.kind === 'stale';
  // What is one caller's own and says that it may be asked about is stored for that only.
  if (isStored || head.given > 1) complain('one caller’s own answer goes to no other');
}

/** Law 4. */
function afterPurges({ world, ask, outcome, head, complain }: Giving): void {
  for (const purge of world.purges) {
    if (purge.doneAt >= ask.askedAt || head.askedAt >= purge.cutAt) continue;
    if (!purge.touches(head)) continue;
    const about = `${outcome.kind} of answer ${head.serial} after ${purge.words}`;
    if (purge.mode === 'delete') complain('what was deleted is gone', about);
    else if (outcome.kind !== 'stale')
      complain('what was purged to stale goes out as stale', about);
  }
}

/** When it became old, be it by a purge. */
function oldSinceMs({ world, ask, outcome, head }: Giving): number {
  const key = 'key' in outcome.reply ? String(outcome.reply.key) : '';
  const wallAheadMs = world.clock.wallMs() - world.clock.nowMs();
  const { freshMaxMs } = lifeOf(head, { key, wallAheadMs, mayBeAhead: true });
  const last = world.purges.findLast(
    ({ mode, cutAt, doneAt, touches }) =>
      mode === 'stale' && doneAt < ask.askedAt && head.askedAt < cutAt && touches(head),
  );
  return Math.min(freshMaxMs, last?.doneMs ?? Infinity);
}

/** The last word of the upstream to this caller, or to his question; a failing head is one. */
function lastEnded({ world, ask, head }: Giving): Call | undefined {
  const question = questionOf(head);
  return world.origin.calls
    .filter((one) => questionOf(one) === question && !isPass(one))
    .filter((one) => ['answered', 'failed'].includes(one.ending) || isFailing(one.status))
    .sort(
      (one, other) =>
        Number(other.asker === ask) - Number(one.asker === ask) || other.endedAt - one.endedAt,
    )[0];
}

function isSame(call: Call, identity: string): boolean {
  return identityOf(call) === identity && !isPass(call);
}

/** Asked past the cache, for one caller alone. */
export function isPass({ asker, request }: Call): boolean {
  return request.method !== 'GET' || asker?.outcome?.kind === 'bypass';
}

/** A 304 says nothing new, and may be about another answer. */
function isNews({ status }: Call): boolean {
  return status !== 304 && !isFailing(status);
}

function asOld(giving: Giving, reason: StaleReason): void {
  const { ask, head, nowMs, complain, world } = giving;
  // An origin that gives an error such a window is taken at its word.
  if (head.status >= 400 && head.rule !== 'http') complain('an error never goes out old');
  if (head.rule === 'http') {
    if (forbidsStale(head)) complain('must-revalidate is heeded');
    if (reason === 'max-stale' && !ask.question.words.includes('max-stale=5'))
      complain('max-stale');
  }
  const sinceMs = oldSinceMs(giving);
  const wallAheadMs = world.clock.wallMs() - nowMs;
  const life = lifeOf(head, { key: '', wallAheadMs, mayBeAhead: true });
  const forMs = reason === 'revalidating' ? life.staleForMs : life.errorForMs;
  const last = lastEnded(giving);
  const isUnreachable = last?.ending === 'failed';
  // RFC 9111 section 4.2.4: while the origin cannot be reached there is no such end.
  const isEndless = head.rule === 'http' && (isUnreachable || reason !== 'revalidating');
  if (!isEndless && nowMs >= sinceMs + forMs) {
    complain('old answers have an end', `${reason}: ${nowMs - sinceMs} of ${forMs} ms`);
  }
  if (reason === 'if-error' && last?.ending === 'answered' && isNews(last)) {
    complain('an old answer covers failures only', `it covers ${last.status}`);
  }
  if (reason === 'soft-limit') {
    const limitMs = ask.rule === 'http' ? undefined : ask.rule.softLimitMs;
    if (limitMs === undefined || nowMs - ask.askedMs < limitMs) complain('soft limit', 'too soon');
  }
}

/** How long it may be used, and in what place. */
function age(giving: Giving): void {
  const { outcome, head, nowMs, complain } = giving;
  if (outcome.kind === 'stale') asOld(giving, outcome.reason);
  if (outcome.kind !== 'hit') return;
  const endMs = oldSinceMs(giving);
  if (nowMs >= endMs) {
    const law = head.status >= 400 ? 'an error has its lifetime' : 'fresh is within its lifetime';
    complain(law, `${nowMs - endMs} ms beyond`);
  }
}

/** What is newer and went well has taken the place of this one, stored or not. */
function neverBack(giving: Giving): void {
  const { world, ask, head, complain } = giving;
  if (world.wasBroken || head.asker === undefined) return;
  const identity = identityOf(head);
  const question = questionOf(head);
  // An answer that says Vary for the first time leaves the older one where it is.
  const mayLeave = (one: Call): boolean =>
    one.rule === 'http' &&
    questionOf(one) === question &&
    valueOf(one.headers, 'vary') !== undefined;
  if (world.origin.calls.some(mayLeave)) return;
  const newer = world.origin.calls.find(
    (one) =>
      one.askedAt > head.endedAt &&
      one.endedMs < ask.askedMs &&
      one.ending === 'answered' &&
      isNews(one) &&
      one.asker !== undefined &&
      isSame(one, identity) &&
      !isByItself(one) &&
      !one.asker.question.words.includes('no-store'),
  );
  if (newer === undefined) return;
  complain('never back', `answer ${head.serial} after ${newer.serial} (${newer.status})`);
}

function bytes(giving: Giving, text: string): void {
  const { world, outcome, head, complain } = giving;
  const { status } = outcome.reply;
  if (outcome.kind === 'bypass' && (status === 304 || giving.ask.question.method !== 'GET')) return;
  const content = callOf(world, text.split('.')[0]);
  const isRenewed = content !== head;
  if (text !== content?.text) {
    complain('whole and unmixed', `${text.length} bytes`);
    return;
  }
  if (
    isRenewed &&
    !(head.rule === 'http' && valueOf(head.headers, 'etag') === valueOf(content.headers, 'etag'))
  ) {
    complain('whole and unmixed', `${head.serial} and ${content.serial}`);
  }
  if (status !== content.status) complain('status as it was', `${status}, not ${content.status}`);
}

/** Returns what judges the bytes when they have come; undefined: they never came in full. */
export function lawsOfGiving(
  world: World,
  ask: Ask,
  outcome: Outcome,
): (text: string | undefined) => void {
  const nothing = (): void => undefined;
  lawsOfWaiting(world, ask, outcome);
  if (!('reply' in outcome)) return nothing;
  const head = callOf(world, valueOf(outcome.reply.headers, 'x-serial'));
  const nowMs = world.clock.nowMs();
  const complain: Complain = (law, what = '') => {
    const word = outcome.kind === 'stale' ? `stale ${outcome.reason}` : outcome.kind;
    world.wrong.push({ law, what: `${ask.id} ${word} ${head?.serial ?? ''}: ${what}` });
  };
  if (head === undefined) {
    complain('whole and unmixed', 'nobody signed it');
    return nothing;
  }
  head.given += 1;
  const giving: Giving = { world, ask, outcome, head, nowMs, complain };
  if (outcome.kind === 'bypass') {
    if (head.asker !== ask) complain('never another owner’s answer');
  } else {
    whose(giving);
    afterPurges(giving);
    age(giving);
    neverBack(giving);
  }
  return (text) => {
    if (text !== undefined) bytes(giving, text);
  };
}
