/** What we store and let out, against a slow reading of the same sentences of RFC 9111. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isHit, isStaleHit, mayStore, type Said, type Wish } from './http-reference.js';
import { at, httpHouse, see } from './http-kit.js';

const small = fc.constantFrom(0, 1, 5, 10, 60);
const timed = (name: string) => small.map((value) => `${name}=${value}`);

const anything = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.oneof(timed('max-age'), timed('s-maxage')) },
    { weight: 2, arbitrary: timed('stale-while-revalidate') },
    {
      weight: 5,
      arbitrary: fc.constantFrom(
        ...['public', 'private', 'private="X-A"', 'no-store', 'no-cache', 'no-cache="X-A"'],
        ...['must-revalidate', 'proxy-revalidate', 'must-understand', 'immutable'],
        ...['no-transform', 'unknown', 'unknown=1', 'max-age=x', 'max-age=-1'],
      ),
    },
  ),
  { maxLength: 4 },
);

/** What may go out old, unless a further word or the time forbids it. */
const old = fc
  .tuple(timed('max-age'), timed('stale-while-revalidate'), anything)
  .map(([life, window, more]) => [life, window, ...more.slice(0, 1)]);

const words = fc.oneof({ weight: 3, arbitrary: anything }, { weight: 1, arbitrary: old });

const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const said: fc.Arbitrary<Said> = fc.record({
  status: fc.constantFrom(
    200,
    200,
    200,
    200,
    200,
    200,
    203,
    204,
    206,
    299,
    302,
    304,
    404,
    410,
    418,
    403,
    500,
    503,
  ),
  words: maybe(words.filter((all) => all.length > 0)),
  expiresInS: maybe(fc.constantFrom(-5, 0, 5, 20)),
  changedAgoS: maybe(fc.constantFrom(0, 50, 500)),
  ageS: fc.constantFrom(0, 0, 3, 10),
  vary: fc.constantFrom([], [], [], [], ['accept'], ['*'], ['accept', '*']),
  authorization: fc.constantFrom(false, false, true),
});

const wish: fc.Arbitrary<Wish> = fc.record({
  words: fc.array(
    fc.oneof(timed('max-age'), timed('min-fresh'), timed('max-stale'), fc.constant('no-cache')),
    { maxLength: 2 },
  ),
  waitedS: fc.constantFrom(0, 0, 1, 4, 5, 6, 9, 10, 11, 20, 59, 60),
});

const once = ({ words: all }: Wish) =>
  new Set(all.map((word) => word.split('=', 1)[0])).size === all.length;

/** Lines that are split or spelled otherwise mean the same. */
const spelled = fc.constantFrom(
  (all: readonly string[]) => ['Cache-Control', all.join(', ')],
  (all: readonly string[]) => ['cache-control', all.join(',').toUpperCase()],
  (all: readonly string[]) => all.flatMap((word) => ['Cache-Control', ` ,${word},, `]),
);

async function found(one: Said, asked: Wish, spell: (all: readonly string[]) => string[]) {
  const house = httpHouse();
  const { expiresInS, changedAgoS, ageS } = one;
  const headers = [
    ...(one.words === undefined ? [] : spell(one.words)),
    ...(expiresInS === undefined ? [] : ['Expires', at(house, expiresInS)]),
    ...(changedAgoS === undefined ? [] : ['Last-Modified', at(house, -changedAgoS)]),
    ...(ageS === 0 ? [] : ['Age', String(ageS)]),
    ...(one.vary.length === 0 ? [] : ['Vary', one.vary.join(', ')]),
    ...['Date', at(house, 0)],
  ];
  // The second question succeeds, so that nothing old has to stand in for a failure.
  const next = { headers: ['Cache-Control', 'no-store'] };
  house.upstream.always((_request, nth) => (nth === 0 ? { status: one.status, headers } : next));
  const own = one.authorization ? ['Authorization', 'A'] : [];
  const first = await see(house, '/r', { headers: own });
  house.clock.turn(asked.waitedS * 1_000);
  const wanted = asked.words.length === 0 ? [] : spell(asked.words);
  const { kind } = await see(house, '/r', { headers: [...own, ...wanted] });
  const stored = first.outcome.kind === 'miss' && first.outcome.refused === undefined;
  return { kind, stored };
}

describe('the cache path and the reference reading', () => {
  it('agree on what is stored, what is a hit and what goes out old', async () => {
    let [hits, stale] = [0, 0];
    await fc.assert(
      fc.asyncProperty(said, wish.filter(once), spelled, async (one, asked, spell) => {
        const { kind, stored } = await found(one, asked, spell);
        const expected = isHit(one, asked) ? 'hit' : isStaleHit(one, asked) ? 'stale' : 'miss';
        if (kind === 'hit') hits += 1;
        if (kind === 'stale') stale += 1;
        expect({ kind }).toEqual({ kind: expected });
        if (!mayStore(one)) expect(stored).toBe(false);
      }),
      { numRuns: 2_500, seed: 1861 },
    );
    // A property that never meets the interesting cases proves nothing; the seed keeps the counts.
    expect(hits).toBeGreaterThan(100);
    expect(stale).toBeGreaterThan(10);
  });
});
