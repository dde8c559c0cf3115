/** Keys are equal exactly when the tuples are: no choice of bytes imitates another split. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keyOf, keyUnderRule } from '../../src/policy/key.js';
import { compileRules, type LifetimeRule } from '../../src/policy/rules.js';
import { cached, requestOf } from '../fakes/rooms.js';

/** Everything that others join parts with, and digits, which ours is made of. */
const NASTY = Array.from('|:=&;,%\0\n"{}[]+-01239aé');
const text = fc.string({ unit: fc.constantFrom(...NASTY), maxLength: 6 });
const tuple = fc.array(text, { minLength: 1, maxLength: 5 });

/** Pairs that are equal once their parts are joined by one of the usual marks. */
const resplit = fc
  .tuple(tuple, fc.constantFrom('', '|', ':', '&', ',', '\0', '\n'), fc.nat(), fc.nat())
  .map(([parts, mark, one, other]) => {
    const joined = parts.join(mark);
    const cut = (at: number): string[] => {
      const place = at % (joined.length + 1);
      return [joined.slice(0, place), joined.slice(place + mark.length)];
    };
    return [cut(one), cut(other)] as const;
  });

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((part, at) => part === other[at]);

const GROUP = 460;
const pairsOf = (count: number): number => (count * (count - 1)) / 2;

describe('case 9: the key', () => {
  it('is the same for two tuples exactly when they are the same, over a million pairs', () => {
    let pairs = 0;
    // Each run compares every tuple of a group with every other one.
    fc.assert(
      fc.property(fc.array(tuple, { minLength: GROUP, maxLength: GROUP }), (tuples) => {
        const byTuple = new Map<string, string>();
        const byKey = new Map<string, string>();
        for (const parts of tuples) {
          const name = JSON.stringify(parts);
          const key = keyOf(parts);
          if ((byTuple.get(name) ?? key) !== key || (byKey.get(key) ?? name) !== name) return false;
          byTuple.set(name, key);
          byKey.set(key, name);
        }
        pairs += pairsOf(tuples.length);
        return true;
      }),
      { numRuns: 10, seed: 9 },
    );
    expect(pairs).toBeGreaterThanOrEqual(1_000_000);
  });

  it('tells apart tuples that are one text when joined', () => {
    fc.assert(
      fc.property(resplit, ([one, other]) => (keyOf(one) === keyOf(other)) === same(one, other)),
      { numRuns: 20_000, seed: 9 },
    );
  });

  it('moves no byte between path, query, credential, cookie and keyed fields', () => {
    const rule = { headers: ['x-a', 'x-b'], cookies: ['c'] };
    const [route] = compileRules([cached('/**', rule)]).routes;
    if (route === undefined) throw new Error('no route');
    const part = fc.option(text, { nil: undefined });
    const asked = fc.record({
      path: text,
      query: part,
      token: part,
      a: part,
      b: part,
      cookie: part,
    });
    type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;
    const key = ({ path, query, token, a, b, cookie }: Asked): string => {
      const fields = { Authorization: token, 'X-A': a, 'X-B': b };
      const headers = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [name, value],
      );
      if (cookie !== undefined) headers.push('Cookie', `c=${cookie.replaceAll(/[;,]/g, '')}`);
      const request = requestOf(`/${path}`, { headers, ...(query === undefined ? {} : { query }) });
      const made = keyUnderRule(route, route.cache as LifetimeRule, request, new Set());
      return made.kind === 'keyed' ? made.key : made.reason;
    };
    const meaning = ({ cookie, ...rest }: Asked): string =>
      JSON.stringify([
        rest.path,
        rest.query ?? null,
        rest.token ?? null,
        rest.a ?? null,
        rest.b ?? null,
        cookie === undefined ? null : `c=${cookie.replaceAll(/[;,]/g, '')}`.trim(),
      ]);
    fc.assert(
      fc.property(asked, asked, (one, other) => {
        return (key(one) === key(other)) === (meaning(one) === meaning(other));
      }),
      { numRuns: 10_000, seed: 9 },
    );
  });
});
