/** Which fields pass to the other side, as pure lists. */
import { describe, expect, it } from '@jest/globals';
import { decodeFields, readHead } from '../../src/upstream/head.js';
import {
  answerFields,
  areSendable,
  connectionOptions,
  declaredLength,
} from '../../src/upstream/hop.js';
import { isTarget, requestFields } from '../../src/upstream/hop.js';

describe('fields that pass', () => {
  it('case 71: names in any number of Connection fields, in any case, are dropped', () => {
    const headers = [
      'connection',
      'A , b',
      'CONNECTION',
      ' C,,close',
      'a',
      '1',
      'B',
      '2',
      'c',
      '3',
    ];
    expect([...connectionOptions(headers)]).toEqual(['a', 'b', 'c', '', 'close']);
    expect(requestFields([...headers, 'd', '4'])).toEqual(['d', '4']);
    expect(answerFields([...headers, 'd', '4'], 200)).toEqual(['d', '4']);
  });

  it('a body is sent with the length that was declared, if it is one', () => {
    expect(declaredLength(['Content-Length', '12'])).toBe('12');
    expect(declaredLength(['Content-Length', '0x12'])).toBeUndefined();
    expect(declaredLength(['Content-Length', '9'.repeat(20)])).toBeUndefined();
    expect(declaredLength([])).toBeUndefined();
  });

  it('a field or target that could end its line early cannot be sent', () => {
    expect(areSendable(['a', 'b\tc \xff'])).toBe(true);
    for (const bad of [['a'], ['a b', 'c'], ['', 'c'], ['a', '\r'], ['a', '\n'], ['a', '\0']]) {
      expect(areSendable(bad)).toBe(false);
    }
    expect(isTarget('/a?b=%00&\xe9')).toBe(true);
    for (const bad of ['a', '', '/\n', '/\u0100', '/a b', 'http://a/']) {
      expect(isTarget(bad)).toBe(false);
    }
  });
});

describe('where a body ends', () => {
  it.each([
    ['GET', 200, ['Content-Length', '2'], true, false],
    ['GET', 200, ['Content-Length', '0'], true, true],
    ['GET', 200, ['Transfer-Encoding', 'Chunked'], true, false],
    ['GET', 200, [], false, false],
    ['HEAD', 200, [], true, true],
    ['GET', 204, [], true, true],
    ['GET', 304, ['Content-Length', '2'], true, true],
  ])(
    'U8: %s %d with %j is framed: %s, without a body: %s',
    (method, status, fields, framed, bodiless) => {
      expect(readHead(method, status, fields, 200)).toMatchObject({ framed, bodiless });
    },
  );

  it('the fields of a parser that has none are none', () => {
    expect(decodeFields(undefined)).toEqual([]);
  });
});
