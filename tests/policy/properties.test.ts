/** No header field, however strange, makes the policy throw; parsers agree with slow readings. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { responseDirectives } from '../../src/policy/cache-control.js';
import { ifRangeAllows, notModifiedFields, preconditionOf } from '../../src/policy/conditional.js';
import { parseEntityTags } from '../../src/policy/entity-tag.js';
import { initialAgeMs, lifetimeOf } from '../../src/policy/freshness.js';
import { storableFields } from '../../src/policy/headers.js';
import { parseHttpDate } from '../../src/policy/http-date.js';
import { preferencesOf } from '../../src/policy/prefer.js';
import { partialAnswer } from '../../src/policy/range.js';
import { requestDirectives } from '../../src/policy/request-directives.js';
import { effectOfHead, fieldsAfter304, revalidationFields } from '../../src/policy/revalidation.js';
import { storableUnderHttp, storableUnderRule } from '../../src/policy/storable.js';
import { parseDictionary, parseList } from '../../src/policy/structured-fields.js';
import { cacheGroups, invalidatedGroups, tagsOf } from '../../src/policy/tags.js';
import { usabilityOf } from '../../src/policy/usable.js';
import { bestLanguage, preferredCoding, variantValues, varyNames } from '../../src/policy/vary.js';

const NAMES = (
  'accept accept-encoding accept-language age authorization cache-control ' +
  'cache-group-invalidation ' +
  'cache-groups cache-status cache-tag cdn-cache-control connection content-length ' +
  'content-location content-range date etag expires if-match if-modified-since if-none-match ' +
  'if-range if-unmodified-since last-modified leyden-cache-control pragma prefer range ' +
  'surrogate-control surrogate-key transfer-encoding vary via xkey'
).split(' ');

/** Strings that are nearly right, and strings that are not. */
const fragment = fc.constantFrom(
  ...[',', ';', '=', '"', '\\', ' ', '\t', '*', '/', 'W/', '-', '0', '1', '9', '.', '(', ')', ':'],
  ...['max-age', 's-maxage', 'private', 'no-cache', 'no-store', 'public', 'bytes=', 'q=', 'gzip'],
  ...['Sun, 06 Nov 1994 08:49:37 GMT', '?1', '@', '%"', 'respond-async', 'wait', '\u0000', 'é'],
);
const value = fc.oneof(
  fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);
const headers = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value), { maxLength: 12 })
  .map((fields) => fields.flat());

describe('arbitrary header fields', () => {
  it('never make the policy throw, with a missing last value or without', () => {
    const numbers = fc.tuple(fc.double(), fc.double(), fc.integer());
    const odd = fc.tuple(headers, fc.boolean()).map(([all, cut]) => (cut ? all.slice(1) : all));
    fc.assert(
      fc.property(odd, odd, numbers, value, (asked, said, [one, other, status], text) => {
        const directives = responseDirectives(said);
        const request = requestDirectives(asked);
        const answer = { status, headers: said, directives, wallMs: one, delayMs: other };
        const { lifetimeMs } = lifetimeOf(answer);
        usabilityOf({ directives, lifetimeMs }, request, initialAgeMs(answer));
        const target = { method: 'POST', headers: asked, host: text, path: text, query: text };
        storableUnderHttp(target, { status, headers: said, framed: true });
        const rule = { errorTtl: { [text]: 1 }, headers: [text], authorization: 'own' } as const;
        storableUnderRule({ status, headers: said, framed: true }, rule);
        const stored = { status: 200, headers: said, arrivedWallMs: one };
        preconditionOf('GET', asked, stored, { asOrigin: true, wallMs: other });
        const mayRange = ifRangeAllows(asked, stored, one);
        const body = Buffer.from('0123456789');
        partialAnswer(asked, { status: 200, headers: said, body }, { mayRange, boundary: text });
        revalidationFields(asked, said, one);
        fieldsAfter304(said, asked, 0);
        effectOfHead({ headers: said, bodyBytes: 3 }, { status: 200, headers: asked }, 0);
        notModifiedFields(storableFields([...said, 'Cache-Status', text]));
        const names = varyNames(said);
        if (names !== '*') variantValues(names, asked);
        preferredCoding(text, ['br', 'gzip', 'identity']);
        bestLanguage(asked);
        preferencesOf(asked);
        tagsOf(said);
        cacheGroups(said);
        invalidatedGroups(text, said);
        parseEntityTags(text);
        parseHttpDate(text, one);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are read in time that grows with their length, not with its square', () => {
    const hostile = [',', 'a=', 'a="', '"', '\\"', ' ', 'a;', 'W/"', '(', '0-0,', 'a="\\'];
    for (const piece of hostile) {
      const long = piece.repeat(200_000);
      const all = NAMES.flatMap((name) => [name, long]);
      responseDirectives(all);
      requestDirectives(all);
      preferencesOf(all);
      varyNames(all);
      variantValues(['accept', 'x', 'via'], all);
      parseEntityTags(long);
      parseList([long]);
      parseHttpDate(long, 0);
    }
  });
});

/** RFC 9111 section 5.2 letter by letter, without regular expressions. */
function slowly(line: string): [string, string | undefined][] | undefined {
  const found: [string, string | undefined][] = [];
  const isTchar = (letter: string) =>
    letter !== '' &&
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".includes(letter.toLowerCase());
  let at = 0;
  const token = () => {
    let text = '';
    while (isTchar(line.charAt(at))) text += line.charAt(at++);
    return text;
  };
  while (at < line.length) {
    if (', \t'.includes(line.charAt(at))) {
      at += 1;
      continue;
    }
    const name = token();
    if (name === '') return undefined;
    let argument: string | undefined;
    if (line.charAt(at) === '=') {
      at += 1;
      argument = '';
      if (line.charAt(at) === '"') {
        at += 1;
        while (line.charAt(at) !== '"') {
          if (line.charAt(at) === '\\') at += 1;
          const code = line.charCodeAt(at);
          if (Number.isNaN(code) || (code < 32 && code !== 9) || code === 127) return undefined;
          argument += line.charAt(at++);
        }
        at += 1;
      } else {
        argument = token();
        if (argument === '') return undefined;
      }
    }
    while (line.charAt(at) === ' ' || line.charAt(at) === '\t') at += 1;
    if (at < line.length && line.charAt(at) !== ',') return undefined;
    found.push([name.toLowerCase(), argument]);
  }
  return found;
}

describe('agreement with a slow reading', () => {
  const near = fc
    .array(
      fc.constantFrom(...'"\\,= \t'.split(''), 'private', 'max-age', '60', '7', 'no-store', 'é'),
      {
        maxLength: 10,
      },
    )
    .map((parts) => parts.join(''));

  it('holds for Cache-Control: what is broken, what is private and how long it lives', () => {
    fc.assert(
      fc.property(near, (line) => {
        const read = responseDirectives(['Cache-Control', line]);
        const slow = slowly(line);
        expect(read.unparsable).toBe(slow === undefined);
        if (slow === undefined) return;
        expect(read.noStore).toBe(slow.some(([name]) => name === 'no-store'));
        const lives = slow.filter(([name]) => name === 'max-age').map(([, text]) => text ?? '');
        const seconds = lives.map((text) => (/^\d+$/.test(text) ? Number(text) : 0));
        const agreed = seconds.every((second) => second === seconds[0]) ? seconds[0] : 0;
        expect(read.maxAgeS).toBe(agreed);
      }),
      { numRuns: 5_000 },
    );
  });

  it('holds for dictionaries of whole numbers, written in any way that is allowed', () => {
    const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,5}$/);
    const whole = fc.integer({ min: -999, max: 999 });
    const space = fc.constantFrom('', ' ', '\t ');
    fc.assert(
      fc.property(fc.array(fc.tuple(key, whole), { minLength: 1 }), space, (entries, gap) => {
        const text = entries.map(([name, number]) => `${name}=${number}`).join(`${gap},${gap}`);
        const read = [...(parseDictionary([text]) ?? [])].map(([name, { type }]) => [name, type]);
        const keys = new Map(entries.map(([name]) => [name, 'integer']));
        expect(read).toEqual([...keys]);
      }),
    );
  });
});
