/** What one node stored another may use exactly where the first one itself might. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { RawHeaders } from '../../src/message.js';
import type { Answer } from '../fakes/scripted-upstream.js';
import { closePools, poolAt, untilWhole } from '../redis/kit.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { httpHouse, see, valueOf } from './http-kit.js';
import { isHit, isStaleHit, type Said, type Wish } from './http-reference.js';
import { idle, nodeAt, type Node } from './second-http-kit.js';

let redis: RedisServer;
let one: Node;
let other: Node;
const alone = httpHouse();

beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
  // On one lane what is taken away is gone before the next look.
  const pool = poolAt(redis.port, { lanes: 1 });
  await untilWhole(pool);
  [one, other] = [nodeAt(pool), nodeAt(pool)];
});
afterAll(async () => {
  await closePools();
  await redis.stop();
});

const seconds = fc.constantFrom(0, 1, 5, 10, 60);
const timed = (name: string) => seconds.map((value) => `${name}=${value}`);
const anything = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.oneof(timed('max-age'), timed('s-maxage')) },
    { weight: 2, arbitrary: timed('stale-while-revalidate') },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...['public', 'private', 'private="X-A"', 'no-store', 'no-cache', 'no-cache="X-A"'],
        ...['must-revalidate', 'proxy-revalidate', 'immutable', 'max-age=x'],
      ),
    },
  ),
  { minLength: 1, maxLength: 3 },
);
/** What may go out old, as far as a further word does not forbid it. */
const old = fc
  .tuple(fc.constantFrom(1, 5, 10), fc.constantFrom(5, 60), anything)
  .map(([life, window, more]) => [
    ...[`max-age=${life}`, `stale-while-revalidate=${window}`],
    ...more.slice(0, 1).filter((word) => !/max-?age/.test(word)),
  ]);
const words = fc.oneof(anything, old);
// All three together are less than a minute: so long at least what is over can be asked about.
const waits = fc.constantFrom(0, 1, 5, 6, 11, 18);
const caller = fc.record({
  accept: fc.constantFrom(undefined, 'a/b', 'c/d'),
  language: fc.constantFrom(undefined, 'de', 'fr, de;q=0.5', 'de, en;q=0.5'),
  isKnown: fc.constantFrom(false, false, false, true),
});
type Caller = typeof caller extends fc.Arbitrary<infer T> ? T : never;

const answer = fc.record({
  status: fc.constantFrom(200, 200, 200, 200, 404, 500, 302),
  words,
  vary: fc.constantFrom(
    ...[[], [], ['Accept'], ['Accept-Language'], ['Accept', 'Accept-Language'], ['X-Other']],
  ),
  language: fc.constantFrom(undefined, 'de', 'fr'),
  etag: fc.constantFrom(undefined, '"1"', '"2"'),
  search: fc.constantFrom(undefined, undefined, 'params=("u")'),
  age: fc.constantFrom(0, 0, 3),
});
type Spoken = typeof answer extends fc.Arbitrary<infer T> ? T : never;

const asked = (wish: readonly string[], { accept, language, isKnown }: Caller): RawHeaders => [
  ...(wish.length === 0 ? [] : ['Cache-Control', wish.join(', ')]),
  ...(accept === undefined ? [] : ['Accept', accept]),
  ...(language === undefined ? [] : ['Accept-Language', language]),
  ...(isKnown ? ['Authorization', 'A'] : []),
];

function answerOf({ status, words: all, vary, language, etag, search, age }: Spoken): Answer {
  return {
    status,
    headers: [
      ...['Cache-Control', all.join(', '), 'X-A', 'secret'],
      ...(vary.length === 0 ? [] : ['Vary', vary.join(', ')]),
      ...(language === undefined ? [] : ['Content-Language', language]),
      ...(etag === undefined ? [] : ['ETag', etag]),
      ...(search === undefined ? [] : ['No-Vary-Search', search]),
      ...(age === 0 ? [] : ['Age', String(age)]),
    ],
  };
}

let paths = 0;
const nextPath = (): string => `/r${(paths += 1)}`;
const houses = () => [one.house, other.house, alone];
const turn = (bySeconds: number): void => {
  for (const { clock } of houses()) clock.turn(bySeconds * 1000);
};
const answering = (next: Answer): void => {
  for (const { upstream } of houses()) upstream.always(() => next);
};

/** What a caller sees, whoever computed it, and what the upstream was asked. */
async function seen(house: Node['house'], path: string, query: string, headers: RawHeaders) {
  const before = house.upstream.calls.length;
  const answered = await see(house, path, { headers, query });
  const question = house.upstream.calls[before]?.request.headers ?? [];
  const condition = question.find((_, at) => question[at - 1]?.toLowerCase() === 'if-none-match');
  const body = answered.words.split(' ').at(0);
  const { kind, status } = answered;
  const [age, leaked] = [valueOf(answered, 'age'), kind !== 'miss' && valueOf(answered, 'x-a')];
  // Behind an old answer nobody waits to see what is asked.
  return { kind, status, body, age, leaked, condition: kind === 'miss' ? condition : 'behind' };
}

describe('the second tier and the reference reading of RFC 9111', () => {
  it('agree on what another node has stored: hit, old, or a question', async () => {
    const counts = { hit: 0, stale: 0, miss: 0 };
    const said = fc.record({
      ...{ words, ageS: fc.constantFrom(0, 0, 3), status: fc.constantFrom(200, 200, 200, 404) },
      ...{
        vary: fc.constantFrom([], ['accept']),
        authorization: fc.constantFrom(false, false, true),
      },
      expiresInS: fc.constant(undefined),
      changedAgoS: fc.constant(undefined),
    });
    const wish = fc.record({
      words: fc.oneof(
        fc.constant([]),
        fc.oneof(timed('max-age'), timed('min-fresh'), timed('max-stale')).map((word) => [word]),
      ),
      waitedS: waits,
    });
    await fc.assert(
      fc.asyncProperty(said, wish, async (told: Said, wanted: Wish) => {
        const path = nextPath();
        const own = told.authorization ? ['Authorization', 'A'] : [];
        const headers = ['Cache-Control', (told.words ?? []).join(', ')];
        if (told.ageS > 0) headers.push('Age', String(told.ageS));
        if (told.vary.length > 0) headers.push('Vary', told.vary.join(', '));
        answering({ status: told.status, headers });
        await see(one.house, path, { headers: own });
        await one.quiet();
        turn(wanted.waitedS);
        answering({ headers: ['Cache-Control', 'no-store'] });
        const asking = wanted.words.length === 0 ? [] : ['Cache-Control', wanted.words.join(', ')];
        const { kind } = await see(other.house, path, { headers: [...own, ...asking] });
        const expected = isHit(told, wanted) ? 'hit' : isStaleHit(told, wanted) ? 'stale' : 'miss';
        expect(kind).toBe(expected);
        counts[expected] += 1;
      }),
      { numRuns: 250, seed: 9111 },
    );
    expect(counts.hit).toBeGreaterThan(20);
    expect(counts.stale).toBeGreaterThan(5);
  }, 60_000);

  it('give on another node what a single one would give, for whatever came before', async () => {
    const counts = { hit: 0, stale: 0, miss: 0, asked: 0 };
    const before = fc.array(fc.record({ spoken: answer, caller, waitS: waits, u: fc.nat(1) }), {
      minLength: 1,
      maxLength: 3,
    });
    // Often the one who asked last asks again.
    const asker = fc.option(caller, { nil: undefined });
    const wish = fc.oneof(
      fc.constant([]),
      fc.oneof(timed('max-age'), timed('max-stale'), fc.constant('no-cache')).map((w) => [w]),
    );
    await fc.assert(
      fc.asyncProperty(before, asker, wish, async (primes, again, words) => {
        const path = nextPath();
        for (const { spoken, caller: who, waitS, u } of primes) {
          answering(answerOf(spoken));
          const headers = asked([], who);
          await seen(one.house, path, `u=${u}`, headers);
          await seen(alone, path, `u=${u}`, headers);
          await Promise.all([one.quiet(), idle(alone)]);
          turn(waitS);
        }
        answering({ headers: ['Cache-Control', 'no-store'] });
        const last = again ?? primes.at(-1)?.caller;
        const headers = last === undefined ? [] : asked(words, last);
        const wanted = await seen(alone, path, 'u=1', headers);
        expect(await seen(other.house, path, 'u=1', headers)).toEqual(wanted);
        await Promise.all([other.quiet(), idle(alone)]);
        if (wanted.kind in counts) counts[wanted.kind as 'hit'] += 1;
        if (wanted.condition?.startsWith('"') === true) counts.asked += 1;
      }),
      { numRuns: 300, seed: 4711 },
    );
    expect(counts.hit).toBeGreaterThan(20);
    expect(counts.stale).toBeGreaterThan(5);
    expect(counts.asked).toBeGreaterThan(20);
  }, 60_000);
});
