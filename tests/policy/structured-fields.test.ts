/** Structured fields are read strictly: one fault spoils the field (RFC 9651 section 4.2). */
import { describe, expect, it } from '@jest/globals';
import { parseDictionary, parseList } from '../../src/policy/structured-fields.js';

describe('a list', () => {
  it.each<[string, readonly unknown[]]>([
    ['', []],
    ['  ', []],
    ['a', [{ type: 'token', value: 'a' }]],
    ['*a/b:c', [{ type: 'token', value: '*a/b:c' }]],
    ['1 \t, -2', [integer(1), integer(-2)]],
    ['999999999999999', [integer(999_999_999_999_999)]],
    ['1.500', [{ type: 'decimal', value: 1.5 }]],
    ['"a\\"\\\\, b"', [{ type: 'string', value: 'a"\\, b' }]],
    ['?1;x;y="z";w=?0', [{ type: 'boolean', value: true }]],
    [':aGk=:', [{ type: 'bytes', value: 'aGk=' }]],
    ['@-5', [{ type: 'date', value: -5 }]],
    ['%"%c3%a9 x"', [{ type: 'display', value: 'é x' }]],
    ['( 1  2;a ), ()', [inner(integer(1), integer(2)), inner()]],
  ])('reads %j', (text, members) => {
    expect(parseList([text])).toEqual(members);
  });

  function integer(value: number): unknown {
    return { type: 'integer', value };
  }

  function inner(...items: unknown[]): unknown {
    return { type: 'inner-list', items };
  }

  it.each([
    ...[',', 'a,', ',a', 'a,,b', 'a b', '\ta', '1.', '1.1234', '1.2.3', '-', '--1', '+1'],
    ...['1234567890123456', '1234567890123.1', '"a', '"é"', '"\\a"', "'a'", '?2', ':a', ':é:'],
    ...['@1.5', '@', '%"%C3"', '%"%ff"', '%"%c3"', '(a', '(a(b))', '(a"b")', 'a;', 'a;A=1', 'a;b='],
    ...['é', '\u0000', '&', '=a'],
  ])('refuses %j', (text) => {
    expect(parseList([text])).toBeUndefined();
    expect(parseList(['a', `b, ${text.trim()}x,`])).toBeUndefined();
  });

  it('joins its lines', () => {
    expect(parseList(['a', 'b'])).toHaveLength(2);
    expect(parseList([])).toEqual([]);
  });
});

describe('a dictionary', () => {
  it('knows keys with values, keys alone and lists, and the last of a repeated key counts', () => {
    const members = parseDictionary(['a=1, b, c=(x y), *d-_.9="s";p', 'a=2;q, b;r=1']);
    expect([...(members ?? [])]).toEqual([
      ['a', { type: 'integer', value: 2 }],
      ['b', { type: 'boolean', value: true }],
      [
        'c',
        {
          type: 'inner-list',
          items: [
            { type: 'token', value: 'x' },
            { type: 'token', value: 'y' },
          ],
        },
      ],
      ['*d-_.9', { type: 'string', value: 's' }],
    ]);
  });

  it.each(['A=1', 'a =1', 'a= 1', 'a=', 'a=1,', '1=a', 'a=1 b=2', '-a', 'a;=1', '"a"=1'])(
    'refuses %j',
    (text) => {
      expect(parseDictionary([text])).toBeUndefined();
    },
  );
});
