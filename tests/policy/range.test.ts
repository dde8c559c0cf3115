/** Parts of a stored answer (RFC 9110 section 14). */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { firstValue } from '../../src/policy/headers.js';
import { partialAnswer, rangesOf } from '../../src/policy/range.js';

const BODY = Buffer.from('0123456789');
const ANSWER = {
  status: 200,
  headers: ['Content-Type', 'a/b', 'Content-Length', '10'],
  body: BODY,
};
const MORE = { mayRange: true, boundary: 'edge' };

function part(range: string, more: Partial<typeof MORE & { partsMax: number }> = {}) {
  return partialAnswer(['Range', range], ANSWER, { ...MORE, ...more });
}

describe('one part (section 15.3.7.1)', () => {
  it.each([
    ['bytes=0-1', '01', 'bytes 0-1/10'],
    ['Bytes=1-', '123456789', 'bytes 1-9/10'],
    ['bytes=-1', '9', 'bytes 9-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
    ['bytes=8-99999999999999999999', '89', 'bytes 8-9/10'],
    ['bytes= ,5-5 ,', '5', 'bytes 5-5/10'],
    ['bytes=50-60, 3-4', '34', 'bytes 3-4/10'],
  ])('%s gives %s', (range, body, contentRange) => {
    const answer = part(range);
    if (answer.kind !== 'partial') throw new Error(answer.kind);
    expect(answer.status).toBe(206);
    expect(answer.body.toString()).toBe(body);
    expect(answer.headers).toEqual([
      ...['Content-Type', 'a/b', 'Content-Range', contentRange],
      ...['Content-Length', String(body.length)],
    ]);
  });

  it.each(['bytes=10-', 'bytes=-0', 'bytes=99-100, 10-10'])('%s cannot be satisfied', (range) => {
    expect(part(range)).toEqual({
      kind: 'unsatisfiable',
      status: 416,
      headers: ['Content-Range', 'bytes */10', 'Content-Length', '0'],
    });
  });

  it.each([
    'bytes=cow',
    'bytes=',
    'bytes=2-1',
    'bytes=0-1, x',
    'bytes=--1',
    'bytes=0x1-2',
    'bytes 0-1',
    'lines=0-1',
    `bytes=${'0-0,'.repeat(1000)}`,
  ])('case 48: %.30s is ignored, and the whole answer goes out', (range) => {
    expect(part(range)).toEqual({ kind: 'whole' });
  });

  it('needs a whole 200, the consent of If-Range and one Range line', () => {
    const range = ['Range', 'bytes=0-1'];
    expect(part('bytes=0-1', { mayRange: false }).kind).toBe('whole');
    expect(partialAnswer(range, { ...ANSWER, status: 404 }, MORE).kind).toBe('whole');
    expect(partialAnswer([...range, ...range], ANSWER, MORE).kind).toBe('whole');
    expect(partialAnswer([], ANSWER, MORE).kind).toBe('whole');
  });
});

describe('several parts (section 14.6)', () => {
  it('come as multipart/byteranges in the order in which they were asked', () => {
    const answer = part('bytes=8-9,0-1');
    if (answer.kind !== 'partial') throw new Error(answer.kind);
    expect(answer.body.toString()).toBe(
      '\r\n--edge\r\nContent-Type: a/b\r\nContent-Range: bytes 8-9/10\r\n\r\n89' +
        '\r\n--edge\r\nContent-Type: a/b\r\nContent-Range: bytes 0-1/10\r\n\r\n01' +
        '\r\n--edge--\r\n',
    );
    expect(firstValue(answer.headers, 'content-type')).toBe('multipart/byteranges; boundary=edge');
    expect(firstValue(answer.headers, 'content-range')).toBeUndefined();
    expect(firstValue(answer.headers, 'content-length')).toBe(String(answer.body.length));
  });

  it('are given up for the whole when they overlap or are too many (section 17.15)', () => {
    expect(part('bytes=0-5,5-9').kind).toBe('whole');
    expect(part('bytes=0-,0-').kind).toBe('whole');
    expect(part('bytes=0-0,2-2,4-4', { partsMax: 2 }).kind).toBe('whole');
  });
});

it('every part lies inside the body, in order and without overlap, for any Range at all', () => {
  const spec = fc.oneof(
    fc.tuple(fc.nat(30), fc.nat(30)).map(([a, b]) => `${a}-${b}`),
    fc.nat(30).map((a) => `${a}-`),
    fc.nat(30).map((a) => `-${a}`),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(spec, { maxLength: 5 }), fc.nat(20), (specs, length) => {
      const ranges = rangesOf(`bytes=${specs.join(',')}`, length);
      if (ranges.kind !== 'parts') return;
      let bytes = 0;
      for (const { first, last } of ranges.parts) {
        expect(first >= 0 && first <= last && last < length).toBe(true);
        bytes += last - first + 1;
      }
      expect(bytes).toBeLessThanOrEqual(length);
    }),
  );
});
