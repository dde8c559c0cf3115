/** Which answers may be coded, and which of two forms a caller gets. */
import { describe, expect, it } from '@jest/globals';
import {
  acceptsOf,
  codedFields,
  codedTag,
  formFor,
  plainFields,
  whyPlain,
} from '../../src/policy/coding.js';
import { firstValue } from '../../src/policy/headers.js';

const SIZE = 5_000;

describe('an answer', () => {
  it.each([
    'text/html',
    'text/plain; charset=utf-8',
    'TEXT/CSS',
    'application/json',
    ' application/json ;charset=utf-8',
    'application/problem+json',
    'image/svg+xml',
    'application/xml',
    'text/javascript',
    'application/x-ndjson',
    'font/ttf',
  ])('of type %s may be coded', (type) => {
    expect(whyPlain(['Content-Type', type], SIZE, false)).toBeUndefined();
  });

  it.each([
    'image/png',
    'video/mp4',
    'application/zip',
    'application/octet-stream',
    'text/event-stream',
    'application/jsonx',
    'font/woff2',
    'text/',
    '',
  ])('of type %j stays as it came', (type) => {
    expect(whyPlain(['Content-Type', type], SIZE, false)).toBe('type');
  });

  it('stays as it came where a field speaks of its very bytes', () => {
    for (const name of ['Content-MD5', 'Digest', 'Content-Digest', 'repr-digest', 'Signature']) {
      expect(whyPlain(['Content-Type', 'text/plain', name, 'x'], SIZE, false)).toBe('digest');
    }
  });

  it('gains a Vary once, beside what stands there', () => {
    expect(plainFields(['Vary', 'Authorization'])).toEqual([
      'Vary',
      'Authorization, Accept-Encoding',
    ]);
    expect(plainFields(['X', 'y'])).toEqual(['X', 'y', 'Vary', 'Accept-Encoding']);
    expect(plainFields(['Vary', 'a', 'vary', 'b'])).toEqual(['Vary', 'a, b, Accept-Encoding']);
    for (const said of ['accept-encoding', 'Authorization, ACCEPT-ENCODING', '*']) {
      expect(plainFields(['Vary', said])).toEqual(['Vary', said]);
    }
  });

  it('has another strong tag when it is coded, and the same weak one', () => {
    expect(codedTag('"a"')).toBe('"a-gzip"');
    expect(codedTag('""')).toBe('"-gzip"');
    expect(codedTag('W/"a"')).toBe('W/"a"');
    const plain = ['ETag', '"a"', 'Content-Length', '9', 'X', 'y'];
    expect(codedFields(plain, 4)).toEqual([
      ...['ETag', '"a-gzip"', 'Content-Length', '4', 'X', 'y', 'Content-Encoding', 'gzip'],
    ]);
  });
});

describe('case 55: a caller', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['gzip;q=0.001', true],
    ['gzip;q=0', false],
    ['br', false],
    ['*', true],
    ['*;q=0, gzip', true],
    ['identity;q=0.5, gzip;q=0.4', false],
    ['gzip;q=9', false],
  ])('who sends %j takes it coded: %s', (accept, takes) => {
    expect(acceptsOf(accept).likesCoded).toBe(takes);
  });

  it('who names the tag of the form that he holds gets that one, if he takes it', () => {
    const forms = { coded: ['ETag', '"a-gzip"'], plain: ['ETag', '"a"'] };
    const ask = (...headers: string[]) =>
      formFor(acceptsOf(firstValue(headers, 'accept-encoding')), headers, forms);
    const gzip = ['Accept-Encoding', 'gzip'];
    expect(ask(...gzip)).toBe('coded');
    expect(ask(...gzip, 'If-None-Match', '"a"')).toBe('plain');
    expect(ask(...gzip, 'If-None-Match', '"a", "a-gzip"')).toBe('coded');
    expect(ask(...gzip, 'If-None-Match', '*')).toBe('coded');
    expect(ask('If-None-Match', '"a-gzip"')).toBe('plain');
    expect(ask('Accept-Encoding', 'identity;q=0, gzip', 'If-None-Match', '"a"')).toBe('coded');
    expect(ask(...gzip, 'If-Match', '"a"')).toBe('plain');
    expect(ask(...gzip, 'If-Match', 'W/"a"')).toBe('coded');
    expect(ask(...gzip, 'Range', 'bytes=0-1')).toBe('plain');
  });
});
