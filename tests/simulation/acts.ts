/** Acts: what happens in a simulation, one step after the other, until the world is quiet. */
import type { Order } from '../../src/cache/invalidate.js';
import { serve } from '../../src/cache/serve.js';
import { countOutcome } from '../../src/cache/tally.js';
import type { Outcome } from '../../src/message.js';
import { Failure } from '../../src/errors.js';
import { requestOf } from '../fakes/rooms.js';
import { bytesOf } from '../fakes/waiting.js';
import { lawsOfGiving } from './laws-given.js';
import type { Question, Step } from './plot.js';
import { storedFor } from './stored.js';
import { noteOrder, noteUnsafe, touchingKey } from './purged.js';
import type { Ask } from './records.js';
import { settle } from './sim-clock.js';
import type { World } from './world.js';

function headersOf({ who, lang, words }: Question): string[] {
  return [
    ...(who === undefined ? [] : ['Authorization', who]),
    ...(lang === undefined ? [] : ['X-Lang', lang]),
    ...words,
  ];
}

/** Reads what goes out to its end, as the socket would; a caller who has gone reads nothing. */
async function received(ask: Ask, outcome: Outcome): Promise<string | undefined> {
  if (!('reply' in outcome)) return undefined;
  const { body } = outcome.reply;
  const isStream = body !== undefined && !Buffer.isBuffer(body);
  if (isStream && ask.leaves.signal.aborted) {
    body.destroy();
    return undefined;
  }
  const leave = (): void => {
    if (isStream) body.destroy();
  };
  ask.leaves.signal.addEventListener('abort', leave, { once: true });
  try {
    return (await bytesOf(body)).toString('latin1');
  } catch {
    // It broke off, and the caller sees that it did.
    return undefined;
  }
}

function begin(world: World, question: Question): Ask {
  const { method, host, path, query } = question;
  const leaves = new AbortController();
  const more = query === undefined ? {} : { query };
  const headers = headersOf(question);
  const request = requestOf(path, { method, host, headers, gone: leaves.signal, ...more });
  world.at += 1;
  const ask: Ask = {
    ...{ nth: world.asks.length, id: request.id, question, leaves },
    ...{ askedAt: world.at, askedMs: world.clock.nowMs(), rule: world.ruleOf(path) },
    ...{ outcome: undefined, endedMs: undefined, old: storedFor(world, question) },
  };
  world.asks.push(ask);
  const { rooms, clock } = world;
  const serving = serve(rooms, request).then(async (outcome) => {
    world.at += 1;
    const tookMs = clock.nowMs() - ask.askedMs;
    if (outcome.kind !== 'no-route') countOutcome(rooms.tallies, outcome, tookMs);
    if (ask.outcome !== undefined) world.wrong.push({ law: 'one answer', what: ask.id });
    ask.outcome = outcome;
    ask.endedMs = clock.nowMs();
    if (method === 'PUT') noteUnsafe(world, ask, outcome);
    // Before the bytes are out it is decided what they are.
    const judge = lawsOfGiving(world, ask, outcome);
    judge(await received(ask, outcome));
  });
  serving.catch((thrown: unknown) => {
    const what = thrown instanceof Failure ? thrown.code : String(thrown);
    world.wrong.push({ law: 'no caller meets an exception', what });
  });
  return ask;
}

function order(world: World, one: Order): void {
  const [key = ''] = one.selectors;
  const touches = one.type === 'key' ? touchingKey(world, key) : undefined;
  world.invalidations.invalidate(one);
  noteOrder(world, one, touches);
}

function purgeKey(world: World, nth: number, mode: Order['mode']): void {
  const entries = world.memory.entries();
  let found = entries.next();
  for (let left = nth; left > 0 && found.done !== true; left -= 1) found = entries.next();
  if (found.done !== true) order(world, { type: 'key', selectors: [found.value.key], mode });
}

async function act(world: World, step: Step): Promise<void> {
  const { rooms, store, origin } = world;
  switch (step.act) {
    case 'ask':
      begin(world, step.question);
      return;
    case 'leave': {
      const waiting = world.asks.filter(({ outcome }) => outcome === undefined);
      waiting[step.nth % Math.max(1, waiting.length)]?.leaves.abort();
      return;
    }
    case 'purge':
      order(world, step.order);
      return;
    case 'purge-key':
      purgeKey(world, step.nth, step.mode);
      return;
    case 'turn':
      await world.clock.turn(step.byMs);
      return;
    case 'mood':
      origin.setMood(step.path, step.mood);
      return;
    case 'change':
      origin.change(step.path);
      return;
    case 'reload':
      world.reload(
        world.routes.map((route) =>
          route.path === step.path && typeof route.cache === 'object'
            ? { ...route, cache: { ...route.cache, ...step.rule } }
            : route,
        ),
      );
      return;
    case 'resize':
      rooms.store.resize(step.entriesMax, step.bytesMax);
      return;
    case 'break':
      world.isBroken = step.what !== 'heal';
      if (step.what === 'heal') store.heal();
      else store.alwaysThrow(step.what);
  }
}

const QUIET_MAX_MS = 3_600_000;

/** Everything that was begun comes to its end, for nothing new begins. */
async function quieten(world: World): Promise<void> {
  const endMs = world.clock.nowMs() + QUIET_MAX_MS;
  await settle();
  for (;;) {
    const nextMs = world.clock.nextMs();
    if (nextMs === undefined || nextMs > endMs) return;
    await world.clock.turn(nextMs - world.clock.nowMs());
    await settle();
  }
}

export async function play(world: World): Promise<void> {
  for (const step of world.plot.steps) {
    await act(world, step);
    if (step.settled) await settle();
  }
  world.store.heal();
  await quieten(world);
}
