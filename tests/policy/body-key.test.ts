/** The key of a request's content: the same for the same question, and for no other (RFC 10008). */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bodyKeyParts } from '../../src/policy/body-key.js';
import { keyOf } from '../../src/policy/key.js';

const canonical = { json: 'canonical' } as const;
const exact = { json: 'exact' } as const;
const JSON_TYPE = ['Content-Type', 'application/json'];

const keyed = (
  headers: readonly string[],
  content: string,
  rule: typeof canonical | typeof exact,
) => keyOf(bodyKeyParts(headers, Buffer.from(content), rule));

describe('a question as JSON (RFC 10008 section 2.7)', () => {
  it('is the same whatever its spaces and the order of its members', () => {
    const one = keyed(JSON_TYPE, '{"a":1,"b":[2]}', canonical);
    expect(keyed(JSON_TYPE, ' { "b":[ 2.0 ], "a":1 }', canonical)).toBe(one);
    expect(keyed(['content-type', 'Application/JSON'], '{"b":[2],"a":1}', canonical)).toBe(one);
    expect(keyed(JSON_TYPE, '{"a":1,"b":[3]}', canonical)).not.toBe(one);
  });

  it('is so under a +json type, and under UTF-8 however it is written', () => {
    for (const type of ['application/vnd.q+json', 'application/json; charset="UTF-8"']) {
      const headers = ['Content-Type', type];
      expect(keyed(headers, '{ "a":1}', canonical)).toBe(keyed(headers, '{"a":1}', canonical));
    }
  });

  it.each([
    ['the rule says exact', JSON_TYPE, exact],
    ['the type is not JSON', ['Content-Type', 'text/plain'], canonical],
    ['there is no type', [], canonical],
    ['the type stands twice', [...JSON_TYPE, ...JSON_TYPE], canonical],
    ['the type cannot be read', ['Content-Type', 'application/json;x'], canonical],
    ['it is in another charset', ['Content-Type', 'application/json;charset=utf-16'], canonical],
    ['it is encoded', [...JSON_TYPE, 'Content-Encoding', 'gzip'], canonical],
    ['the client wants no-transform', [...JSON_TYPE, 'Cache-Control', 'no-transform'], canonical],
    ['what it wants cannot be read', [...JSON_TYPE, 'Cache-Control', 'max-age=1 no'], canonical],
  ])('is keyed byte for byte when %s', (_why, headers, rule) => {
    expect(keyed(headers, '{ "a":1}', rule)).not.toBe(keyed(headers, '{"a":1}', rule));
    expect(keyed(headers, '{"a":1}', rule)).toBe(keyed(headers, '{"a":1}', rule));
  });

  it('says how it is keyed', () => {
    const how = (content: string, ...headers: string[]) =>
      bodyKeyParts([...JSON_TYPE, ...headers], Buffer.from(content), canonical)[1];
    expect(how('1')).toBe('json');
    expect(how('1', 'Content-Encoding', 'br')).toBe('exact');
    expect(how('1', 'Cache-Control', 'no-transform')).toBe('as-sent');
  });

  it('is keyed byte for byte when it could mean two things', () => {
    const twice = keyed(JSON_TYPE, '{"a":1,"a":2}', canonical);
    expect(keyed(JSON_TYPE, '{"a":2,"a":1}', canonical)).not.toBe(twice);
    expect(keyed(JSON_TYPE, '{"a":1}', canonical)).not.toBe(twice);
  });
});

describe('what is said about the content', () => {
  const base = keyed(['Content-Type', 'text/csv;charset=utf-8'], 'x', canonical);

  it('is one however it is written (RFC 9110 sections 8.3 to 8.5)', () => {
    expect(keyed(['Content-Type', 'TEXT/CSV ; Charset="UTF-8"'], 'x', canonical)).toBe(base);
    const parts = (...headers: string[]) => keyed(headers, 'x', canonical);
    const type = (value: string) => parts('Content-Type', value);
    expect(type('a/b;x=1;y=2')).toBe(type('a/b; Y=2; X=1'));
    const coded = (value: string) => parts('Content-Encoding', value);
    expect(coded('X-Gzip, identity')).toBe(coded('gzip'));
    expect(parts('Content-Encoding', 'br', 'content-encoding', 'gzip')).toBe(coded('br,gzip'));
    expect(parts('Content-Language', 'DE, en')).toBe(parts('Content-Language', 'de,EN'));
    expect(parts('Content-Encoding', 'identity')).toBe(parts());
  });

  it.each([
    ['the type', ['Content-Type', 'text/plain;charset=utf-8']],
    ['a parameter', ['Content-Type', 'text/csv;charset=latin1']],
    ['the case of a parameter', ['Content-Type', 'text/csv;charset=utf-8;header=Yes']],
    ['a missing type', []],
    ['a second type', ['Content-Type', 'text/csv;charset=utf-8', 'Content-Type', 'a/b']],
    ['an encoding', ['Content-Type', 'text/csv;charset=utf-8', 'Content-Encoding', 'gzip']],
    ['a language', ['Content-Type', 'text/csv;charset=utf-8', 'Content-Language', 'de']],
  ])('makes another question of it: %s', (_what, headers) => {
    expect(keyed(headers, 'x', canonical)).not.toBe(base);
  });

  it('keeps its order where order means something', () => {
    const coded = (value: string) => keyed(['Content-Encoding', value], 'x', canonical);
    expect(coded('gzip, br')).not.toBe(coded('br, gzip'));
    const type = (value: string) => keyed(['Content-Type', value], 'x', canonical);
    expect(type('a/b;p="x;y=1"')).not.toBe(type('a/b;p=x;y=1'));
    expect(type('a/b;header=Yes')).not.toBe(type('a/b;header=yes'));
  });

  it('stays as it was sent under no-transform (RFC 9111 section 5.2.1.6)', () => {
    const asSent = (type: string) =>
      keyed(['Content-Type', type, 'Cache-Control', 'no-transform'], 'x', canonical);
    expect(asSent('text/CSV')).not.toBe(asSent('text/csv'));
    expect(asSent('text/csv')).toBe(asSent('text/csv'));
  });
});

describe('any content', () => {
  const rule = fc.constantFrom(canonical, exact);
  const name = fc.constantFrom(
    'Content-Type',
    'Content-Encoding',
    'Content-Language',
    'Cache-Control',
  );
  const value = fc.oneof(
    fc.constantFrom('application/json', 'a/b;c="d\\"', 'gzip', 'no-transform', ';', '"', '/', ','),
    fc.string({ unit: 'binary' }),
  );
  const headers = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((all) => all.flat());

  it('has the same key as another only if it is the same, byte for byte or as JSON', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array(), fc.uint8Array(), rule, (said, one, other, by) => {
        const same = keyOf(bodyKeyParts(said, one, by)) === keyOf(bodyKeyParts(said, other, by));
        const asJson = (bytes: Uint8Array) =>
          JSON.stringify(JSON.parse(Buffer.from(bytes).toString()));
        if (!same) expect(Buffer.from(one).equals(other)).toBe(false);
        else if (!Buffer.from(one).equals(other)) expect(asJson(one)).toBe(asJson(other));
      }),
      { numRuns: 2000 },
    );
  });
});
