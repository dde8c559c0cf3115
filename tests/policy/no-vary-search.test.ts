/** No-Vary-Search: which differences between queries mean nothing, and which always do. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { reducedQuery, sameSearch, searchVariation } from '../../src/policy/no-vary-search.js';
import type { SearchVariation } from '../../src/policy/no-vary-search.js';

const declared = (value: string) => searchVariation(['No-Vary-Search', value]);
const same = (value: string, one: string | undefined, other: string | undefined): boolean =>
  sameSearch(one, other, declared(value));

describe('the field (draft-ietf-httpbis-no-vary-search-10 section 5)', () => {
  it.each([
    ['key-order', { order: false, kind: 'params', names: [] }],
    ['params=("b" "a" "a")', { order: true, kind: 'params', names: ['a', 'b'] }],
    ['except=("x")', { order: true, kind: 'except', names: ['x'] }],
    ['except=()', { order: true, kind: 'except', names: [] }],
    ['except=("x");p, key-order=?1;q=1', { order: false, kind: 'except', names: ['x'] }],
    ['params=("a";p=1), unknown=2', { order: true, kind: 'params', names: ['a'] }],
    ['params=("%C3%A9+%E6%B0%97")', { order: true, kind: 'params', names: ['é 気'] }],
  ])('that says %s is taken at its word', (value, variation) => {
    expect(declared(value)).toEqual(variation);
  });

  it.each([
    ...['params=()', 'key-order=?0', 'unknown', '', 'key-order="x"', 'params="a"', 'params=(a)'],
    ...['params=?1', 'params=?0', 'params', 'params, except=("x")', 'params=("a"), except=("x")'],
    ...['params=(), except=()', 'except="x"', 'except=(x)', 'except=?1', 'except', 'params=("a"'],
    ...['params=("%ff")', 'except=("%ff")', 'key-order, Params=("a")', 'key-order,'],
  ])('that says «%s» lets every difference matter', (value) => {
    expect(declared(value)).toBeUndefined();
  });

  it('is read over several lines, has a ceiling, and may be missing', () => {
    const lines = ['no-vary-search', 'key-order', 'No-Vary-Search', 'params=("a")'];
    expect(searchVariation(lines)).toEqual({ order: false, kind: 'params', names: ['a'] });
    const many = Array.from({ length: 129 }, (_, at) => `"n${at}"`).join(' ');
    expect(declared(`params=(${many})`)).toBeUndefined();
    expect(searchVariation([])).toBeUndefined();
  });
});

describe('two queries (section 6)', () => {
  it.each([
    ['key-order', undefined, ''],
    ['key-order', 'a=x', '%61=%78'],
    ['key-order', 'a=x&&&&', 'a=x'],
    ['key-order', 'a=', 'a'],
    ['key-order', 'a=%20', 'a=+'],
    ['key-order', 'b=2&a=1', 'a=1&b=2'],
    ['params=("utm")', 'utm=1&a=1', 'a=1'],
    ['params=("utm")', 'utm', undefined],
    ['params=("%C3%A9")', '%c3%a9=1', ''],
    ['except=("id")', 'id=7&x=1', 'y=2&id=7'],
    ['except=()', 'a=1', 'b=2'],
  ])('under %s: %s and %s ask for the same', (value, one, other) => {
    expect(same(value, one, other)).toBe(true);
  });

  it.each([
    ['key-order', 'a=1&a=2', 'a=2&a=1'],
    ['key-order', 'a=1', 'A=1'],
    ['key-order', 'a=1', 'a=1&a=1'],
    ['key-order', 'a=%C3%A9', 'a=e%CC%81'],
    ['key-order', 'a=%fe', 'a=%ff'],
    ['key-order', 'a=%zz', 'a=%ZZ'],
    ['params=("utm")', 'a=1&b=2', 'b=2&a=1'],
    ['params=("utm")', 'UTM=1', ''],
    ['except=("id")', 'id=7', 'id=8'],
    ['except=("id")', '%ff=7', ''],
    ['unknown', 'a=%78', 'a=x'],
    ['unknown', undefined, ''],
  ])('under %s: %s and %s do not', (value, one, other) => {
    expect(same(value, one, other)).toBe(false);
  });

  it('case 41: a semicolon, an escaped ampersand or a repeated name cloaks no parameter', () => {
    const cloaked = ['a=1;b=2', 'a=1&a=2', 'a=1%26b=2', 'a=1&b=2', 'a=1', undefined];
    const forms = cloaked.map((query) => reducedQuery(query, declared('key-order')!));
    expect(new Set(forms).size).toBe(cloaked.length);
    expect(same('params=("b")', 'a=1;b=2', 'a=1')).toBe(false);
    expect(same('params=("b")', 'a=1%26b=2', 'a=1')).toBe(false);
  });

  it('of which one has more than 1,024 pairs are only compared exactly', () => {
    const long = 'a&'.repeat(1025);
    expect(reducedQuery(long, declared('key-order')!)).toBeUndefined();
    expect(same('key-order', long, long)).toBe(true);
  });
});

const names = fc.constantFrom('a', 'b', 'c', '', 'é', 'a b', '+');
const variation = fc.record<SearchVariation>({
  order: fc.boolean(),
  kind: fc.constantFrom('params', 'except'),
  names: fc.uniqueArray(names),
});
const pairs = fc.array(fc.tuple(names, fc.constantFrom('1', '2', '', '&', '=', 'é')));

/** The draft's own way: a form's pairs, one by one. */
function reference(one: URLSearchParams, { order, kind, names }: SearchVariation): string {
  const kept = [...one].filter(([name]) => names.includes(name) === (kind === 'except'));
  if (!order) kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify(kept);
}

describe('any queries', () => {
  it('are the same exactly when the pairs of their forms are', () => {
    fc.assert(
      fc.property(pairs, pairs, variation, (one, other, by) => {
        const [left, right] = [new URLSearchParams(one), new URLSearchParams(other)];
        const equal = reference(left, by) === reference(right, by);
        expect(sameSearch(left.toString(), right.toString(), by)).toBe(equal);
      }),
      { numRuns: 2000 },
    );
  });

  it('stay as they are when they are reduced again, and nothing throws', () => {
    const odd = fc.array(fc.constantFrom('%', '%6', '%61', '&', '=', '+', 'a', ';', '?', '\ud800'));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      odd.map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, text, variation, (query, field, by) => {
        declared(field);
        const once = reducedQuery(query, by);
        if (once !== undefined) expect(reducedQuery(once, by)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});
