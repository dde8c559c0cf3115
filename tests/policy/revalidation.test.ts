/** Asking whether a stored answer still holds, and what the reply changes (RFC 9111 4.3). */
import { describe, expect, it } from '@jest/globals';
import { httpDate } from '../../src/clock.js';
import { firstValue } from '../../src/policy/headers.js';
import {
  effectOfHead,
  fieldsAfter304,
  revalidationFields,
  unconditionalFields,
} from '../../src/policy/revalidation.js';

const NOW = Date.UTC(2026, 5, 1);
const MODIFIED = httpDate(NOW - 5_000_000);

describe('the request that asks (section 4.3.1)', () => {
  it('carries the validators of the stored answer and none of the caller', () => {
    const request = [
      ...['Accept', 'a', 'If-None-Match', '"theirs"', 'if-modified-since', MODIFIED],
      ...['If-Match', '"x"', 'If-Unmodified-Since', MODIFIED, 'If-Range', '"x"'],
      ...['Range', 'bytes=0-0', 'X', '1'],
    ];
    expect(unconditionalFields(request)).toEqual(['Accept', 'a', 'X', '1']);
    const stored = ['ETag', 'W/"ours"', 'Last-Modified', MODIFIED];
    expect(revalidationFields(request, stored, NOW)).toEqual([
      ...['Accept', 'a', 'X', '1'],
      ...['If-None-Match', 'W/"ours"', 'If-Modified-Since', MODIFIED],
    ]);
  });

  it('is not conditional when there is nothing to compare', () => {
    for (const stored of [
      [],
      ['ETag', 'x'],
      ['ETag', '"a"', 'ETag', '"b"'],
      ['Last-Modified', '0'],
    ]) {
      expect(revalidationFields([], stored, NOW)).toBeUndefined();
    }
  });
});

describe('a 304 (sections 3.2 and 4.3.4)', () => {
  const stored = [
    ...['Date', httpDate(NOW - 9000), 'X-A', '1', 'ETag', '"a"', 'X-A', '2', 'Age', '99'],
    ...['Content-Length', '5', 'Content-Encoding', 'br', 'Cache-Control', 'max-age=1', 'X-B', 'b'],
  ];

  it('replaces the fields it carries, keeps the others and never what the bytes depend on', () => {
    const reply = [
      ...['Date', httpDate(NOW), 'ETag', '"a"', 'x-a', '3', 'Content-Length', '0', 'X-New', 'n'],
      ...[
        'Content-Encoding',
        'gzip',
        'Connection',
        'X-B',
        'X-B',
        'no',
        'Cache-Control',
        'max-age=9',
      ],
    ];
    expect(fieldsAfter304(stored, reply, NOW)).toEqual([
      ...['Date', httpDate(NOW), 'x-a', '3', 'ETag', '"a"'],
      ...['Content-Length', '5', 'Content-Encoding', 'br', 'Cache-Control', 'max-age=9'],
      ...['X-B', 'b', 'X-New', 'n'],
    ]);
  });

  it('forgets the old age, and is dated now when it has no Date', () => {
    const updated = fieldsAfter304(stored, ['ETag', '"a"'], NOW) ?? [];
    expect(firstValue(updated, 'age')).toBeUndefined();
    expect(firstValue(updated, 'date')).toBe(httpDate(NOW));
    const aged = fieldsAfter304(stored, ['ETag', '"a"', 'Age', '7'], NOW) ?? [];
    expect(firstValue(aged, 'age')).toBe('7');
  });

  it('leaves out the fields that a directive names', () => {
    const updated = fieldsAfter304(stored, ['ETag', '"a"', 'Set-Cookie', 'x'], NOW, ['set-cookie']);
    expect(firstValue(updated ?? [], 'set-cookie')).toBeUndefined();
  });

  it.each<[string[], string[], boolean]>([
    [['ETag', '"a"'], ['ETag', '"a"'], true],
    [['ETag', '"a"'], ['ETag', '"b"'], false],
    [['ETag', 'W/"a"'], ['ETag', 'W/"a"'], true],
    [['ETag', 'W/"a"'], ['ETag', '"a"'], false],
    [['ETag', '"a"'], ['ETag', 'W/"a"'], true],
    [['ETag', '"a"'], ['ETag', 'junk'], false],
    [['ETag', '"a"'], [], true],
    [['Last-Modified', MODIFIED], ['Last-Modified', MODIFIED], true],
    [['Last-Modified', MODIFIED], ['Last-Modified', httpDate(NOW)], false],
    [['ETag', '"a"'], ['Last-Modified', MODIFIED], false],
  ])('case 24: about %j, a 304 with %j counts: %s', (known, reply, counts) => {
    expect(fieldsAfter304(known, reply, NOW) !== undefined).toBe(counts);
  });
});

describe('the answer to HEAD (section 4.3.5)', () => {
  const stored = { headers: ['ETag', '"a"', 'X', '1', 'Content-Length', '5'], bodyBytes: 5 };
  const effect = (headers: string[], status = 200) =>
    effectOfHead(stored, { status, headers: ['Date', httpDate(NOW), ...headers] }, NOW);

  it('updates the stored answer to GET when it describes the same content', () => {
    expect(effect(['ETag', '"a"', 'Content-Length', '5', 'X', '2'])).toEqual({
      kind: 'updated',
      headers: ['ETag', '"a"', 'X', '2', 'Content-Length', '5', 'Date', httpDate(NOW)],
    });
    expect(effect(['X', '2'])).toMatchObject({ kind: 'updated' });
  });

  it.each([
    [['ETag', '"b"']],
    [['Content-Length', '6']],
    [['Content-Length', '5', 'Content-Length', '6']],
    [['Content-Length', 'x']],
    [['Last-Modified', MODIFIED]],
  ])('makes it old when it describes other content: %j', (headers) => {
    expect(effect(headers)).toEqual({ kind: 'outdated' });
  });

  it('changes nothing when it is no 200', () => {
    expect(effect(['ETag', '"b"'], 404)).toEqual({ kind: 'none' });
  });
});
