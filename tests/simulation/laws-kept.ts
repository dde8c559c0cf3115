/** The laws of asking and keeping: what the upstream sees, how often, and what is stored of it. */
import type { Entry } from '../../src/cache/entry.js';
import { isPass } from './laws-given.js';
import { callOfEntry, entriesOf } from './stored.js';
import { lifeOf } from './lives.js';
import { identityOf, isFailing, isOnesOwn, questionOf, type Call } from './records.js';
import type { World } from './world.js';

/** The short list of what is sent besides what is keyed. */
const SENT = new Set(['accept-encoding', 'x-request-id', 'traceparent']);
/** So long after an answer for one alone its callers may still be asking side by side. */
const ALONE_MAX_MS = 200_000;

/** Law 1. */
function onlyWhatIsKeyed(world: World, call: Call): void {
  const { rule, request, asker } = call;
  if (rule === 'http' || isPass(call)) return;
  // A caller past the cache sends what he likes.
  const { who, words } = asker?.question ?? { who: undefined, words: [] as string[] };
  const isPast =
    (who !== undefined && rule.authorization === 'bypass') ||
    (words.includes('Cookie') && rule.cookies === 'bypass');
  if (isPast) return;
  for (let at = 0; at < request.headers.length; at += 2) {
    const name = (request.headers[at] ?? '').toLowerCase();
    const isKeyed =
      rule.headers.includes(name) || (name === 'authorization' && rule.authorization === 'own');
    if (!SENT.has(name) && !isKeyed) world.wrong.push({ law: 'what is keyed is sent', what: name });
  }
}

/** Asked for one caller alone for as long as his kind of answer is remembered. */
function maySideBySide(world: World, call: Call): boolean {
  const question = questionOf(call);
  return world.origin.calls.some(
    (one) =>
      one !== call &&
      questionOf(one) === question &&
      one.status !== 0 &&
      (one.ending === 'open' || call.askedMs - one.endedMs < ALONE_MAX_MS) &&
      (isOnesOwn(one) || isLarge(world, one) || one.rule === 'http'),
  );
}

function isLarge(world: World, { rule, text }: Call): boolean {
  return rule !== 'http' && text.length > Math.min(rule.bodyBytesMax, world.memory.bodyBytesMax);
}

function willPass(call: Call): boolean {
  const { asker, rule } = call;
  if (call.request.method !== 'GET') return true;
  if (asker === undefined) return false;
  const { who, words } = asker.question;
  if (words.includes('Range') && rule === 'http') return true;
  if (rule === 'http') return asker.question.method !== 'GET';
  if (who !== undefined && rule.authorization === 'bypass') return true;
  return words.includes('Cookie') && rule.cookies === 'bypass';
}

/** There was a purge since its asker asked: it may have been in the queue for a while. */
function mayBeFenced(world: World, { asker }: Call): boolean {
  return world.purgedAt > (asker?.askedAt ?? 0);
}

/** Law 3: one computation for all who wait. */
function oneAtATime(world: World, call: Call): void {
  if (willPass(call) || call.asker === undefined || maySideBySide(world, call)) return;
  const identity = identityOf(call);
  const other = world.origin.calls.find(
    (one) =>
      one !== call &&
      one.ending === 'open' &&
      one.asker !== undefined &&
      !willPass(one) &&
      identityOf(one) === identity,
  );
  if (other === undefined) return;
  // Whoever asks after a purge boards another flight; a head that came may have parted them.
  if (mayBeFenced(world, other) || (call.rule === 'http' && other.status !== 0)) return;
  const both = `${other.serial} and ${call.serial}`;
  world.wrong.push({ law: 'one computation at a time', what: both });
}

function withinBudget(world: World): void {
  const open = world.origin.calls.filter(({ ending }) => ending === 'open').length;
  if (open > world.plot.budget.concurrent) {
    world.wrong.push({ law: 'the budget is kept', what: `${open} at once` });
  }
}

/** A caller who waits for it means that nothing fresh was there. */
function notInVain(world: World, call: Call): void {
  if (call.rule === 'http' || call.request.priority !== 'foreground' || willPass(call)) return;
  if (world.wasBroken || call.asker === undefined || maySideBySide(world, call)) return;
  const identity = identityOf(call);
  const nowMs = world.clock.nowMs();
  const fresh = entriesOf(world).find((entry) => {
    const stored = callOfEntry(world, entry);
    if (stored === undefined || identityOf(stored) !== identity) return false;
    const place = { key: entry.key, wallAheadMs: world.clock.wallMs() - nowMs, mayBeAhead: false };
    return !mayBeFenced(world, stored) && nowMs < lifeOf(stored, place).freshMinMs;
  });
  if (fresh !== undefined)
    world.wrong.push({ law: 'nothing is computed in vain', what: call.path });
}

export function lawsOfAsking(world: World, call: Call): void {
  onlyWhatIsKeyed(world, call);
  oneAtATime(world, call);
  withinBudget(world);
  notInVain(world, call);
}

/** A good answer that may still go out in some place, whatever its route says of it now. */
function isGoodYet(world: World, call: Call, key: string): boolean {
  if (call.status >= 400) return false;
  const nowMs = world.clock.nowMs();
  const place = { key, wallAheadMs: world.clock.wallMs() - nowMs, mayBeAhead: false };
  const { freshMinMs, staleForMs, errorForMs } = lifeOf(call, place);
  return !mayBeFenced(world, call) && nowMs < freshMinMs + Math.max(staleForMs, errorForMs);
}

export function lawsOfKeeping(world: World, entry: Entry): void {
  const call = callOfEntry(world, entry);
  const complain = (law: string, what: string): void => {
    world.wrong.push({ law, what: `answer ${call?.serial ?? '?'}: ${what}` });
  };
  if (call === undefined) {
    complain('whole and unmixed', 'nobody signed what is stored');
    return;
  }
  const mayBeAskedAbout = call.rule === 'http' && !call.headers.includes('private');
  if (isOnesOwn(call) && !mayBeAskedAbout) complain('one caller’s own is not kept', '');
  const gone = world.purges.find(
    ({ mode, cutAt, touches }) => mode === 'delete' && call.askedAt < cutAt && touches(call),
  );
  if (gone !== undefined) complain('what was deleted is not stored again', gone.words);
  if (call.ending !== 'answered') complain('whole and unmixed', call.ending);
  const older = world.memory.peek(entry.key);
  const olderCall = older === undefined ? undefined : callOfEntry(world, older);
  if (entry.negative && isFailing(entry.status) && olderCall !== undefined && !world.wasBroken) {
    if (isGoodYet(world, olderCall, entry.key)) complain('no error over a good answer', '');
  }
  const isOlder = world.purges.some(
    ({ cutAt, doneAt, touches }) =>
      call.askedAt < cutAt && (olderCall?.asker?.askedAt ?? 0) > doneAt && touches(call),
  );
  if (isOlder) complain('the newer one stays', `over answer ${olderCall?.serial ?? ''}`);
  const wallAheadMs = world.clock.wallMs() - world.clock.nowMs();
  const place = { key: entry.key, wallAheadMs };
  const life = lifeOf(call, { ...place, mayBeAhead: hadOlder(world, call) });
  const { freshUntilMs } = entry;
  const isTooShort = !mayBeFenced(world, call) && freshUntilMs < life.freshMinMs - 0.001;
  if (freshUntilMs > life.freshMaxMs + 0.001 || isTooShort) {
    const bounds = `${life.freshMinMs} to ${life.freshMaxMs}`;
    complain('stored for its lifetime', `until ${freshUntilMs}, not ${bounds}`);
  }
}

/** An answer of the same kind was there before, be it evicted since. */
function hadOlder(world: World, call: Call): boolean {
  const identity = identityOf(call);
  return world.origin.calls.some(
    (one) =>
      one.endedAt < call.endedAt &&
      one.status < 400 &&
      one.ending === 'answered' &&
      identityOf(one) === identity,
  );
}
