/** The laws of waiting: which failures a caller may hear, and when an old answer spares him. */
import type { Outcome } from '../../src/message.js';
import { holdMaxMs, lifeOf } from './lives.js';
import { isOnesOwn, questionOf, type Ask, type Call } from './records.js';
import type { World } from './world.js';

type Complain = (law: string, what?: string) => void;

/** A failure without an answer is either new, or remembered for no longer than it may be. */
function failed(world: World, ask: Ask, outcome: Outcome & { kind: 'failed' }): void {
  const { code, status } = outcome.failure;
  const complain: Complain = (law, what = '') => {
    world.wrong.push({ law, what: `${ask.id} ${code}: ${what}` });
  };
  if (code === 'internal') complain('nothing goes wrong inside');
  if (code === 'abandoned' && !ask.leaves.signal.aborted) complain('who stays is not left');
  if (code === 'only_if_cached' && !ask.question.words.includes('only-if-cached')) complain(code);
  if (status !== 502 && status !== 504) return;
  if (code === 'only_if_cached' || outcome.bypass !== undefined) return;
  const { path } = ask.question;
  const nowMs = world.clock.nowMs();
  const isBad = (call: Call): boolean => call.ending === 'failed' || call.status >= 429;
  const nth = world.origin.calls.filter((call) => call.path === path && isBad(call)).length;
  const mayBe = world.origin.calls.some((call) => {
    if (call.path !== path || call.ending !== 'failed') return false;
    if (call.endedAt > ask.askedAt) return true;
    const isPurged = world.purges.some(
      ({ mode, doneAt, cutAt, touches }) =>
        mode === 'delete' && doneAt < ask.askedAt && call.askedAt < cutAt && touches(call),
    );
    // In one moment the failure may still be on its way to those who wait.
    const heldUntilMs = call.endedMs + Math.max(1, holdMaxMs(call, status, nth));
    return !isPurged && nowMs < heldUntilMs;
  });
  if (!mayBe) complain('a failure is remembered for its time only');
}

/** Somebody's own answer, or one too large to be kept: its callers ask side by side. */
function mayBeAlone(one: Call): boolean {
  return isOnesOwn(one) || (one.rule !== 'http' && one.text.length > one.rule.bodyBytesMax);
}

/** Whether the old answer was there all the while until the limit, for all that can be told. */
function stoodBy(world: World, { askedMs }: Ask, old: Call, limitMs: number): boolean {
  const isRoomy = !world.plot.steps.some(({ act }) => act === 'resize');
  if (world.wasBroken || !isRoomy || world.plot.store.entriesMax < 100) return false;
  if (world.purgedAt > (old.asker?.askedAt ?? 0)) return false;
  const question = questionOf(old);
  const isTouched = world.origin.calls.some(
    (one) =>
      questionOf(one) === question &&
      (mayBeAlone(one) || (one.endedMs >= askedMs && one.endedMs <= askedMs + limitMs)),
  );
  if (isTouched) return false;
  const life = lifeOf(old, { key: '', wallAheadMs: 0, mayBeAhead: false });
  return life.freshMinMs + life.errorForMs > askedMs + limitMs;
}

function softLimit(world: World, ask: Ask, outcome: Outcome, complain: Complain): void {
  const { rule, old, askedMs } = ask;
  // Whoever passes by the cache is not spared by it, whether he gets an answer or none.
  if (outcome.kind === 'bypass' || (outcome.kind === 'failed' && outcome.bypass !== undefined))
    return;
  if (rule === 'http' || old === undefined || old.rule === 'http') return;
  const { softLimitMs: limitMs } = rule;
  // A window ends at a moment of its key's own.
  if (limitMs === undefined || rule.staleIfErrorMs === 0 || old.rule.windowMs !== undefined) return;
  const tookMs = world.clock.nowMs() - askedMs;
  if (tookMs <= limitMs || ask.leaves.signal.aborted) return;
  if (stoodBy(world, ask, old, limitMs)) complain('soft limit', `${tookMs} of ${limitMs} ms`);
}

export function lawsOfWaiting(world: World, ask: Ask, outcome: Outcome): void {
  if (outcome.kind === 'failed') failed(world, ask, outcome);
  softLimit(world, ask, outcome, (law, what = '') => {
    world.wrong.push({ law, what: `${ask.id} ${outcome.kind}: ${what}` });
  });
}
