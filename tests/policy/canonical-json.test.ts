/** JSON texts of one value share one spelling; what could mean two things has none. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { canonicalJson, JSON_LIMITS } from '../../src/policy/canonical-json.js';

const canonical = (text: string) => canonicalJson(Buffer.from(text));

describe('a JSON text', () => {
  it.each([
    [' { "b" : 1 ,\n"a":[ true, null ] } ', '{"a":[true,null],"b":1}'],
    ['"\\u0061\\/\\u000A\\u001f€"', '"a/\\n\\u001f€"'],
    ['"\\ud83d\\ude00"', '"😀"'],
    ['[1.0, 1e2, 0.10, 1E-7, 1e21, -5e-1]', '[1,100,0.1,1e-7,1e+21,-0.5]'],
    ['[9007199254740992, 123456789012345680000]', '[9007199254740992,123456789012345680000]'],
    ['{"\\ud83d\\ude00":1,"\\ufb33":2,"\\u0080":3}', '{"\u0080":3,"😀":1,"\ufb33":2}'],
    ['{"a!":1,"a":2,"\\n":3}', '{"\\n":3,"a":2,"a!":1}'],
    ['{"__proto__":1,"":2}', '{"":2,"__proto__":1}'],
    ['{"a":{},"b":[]}', '{"a":{},"b":[]}'],
    ['null', 'null'],
  ])('%s is spelled %s (RFC 8785 section 3.2)', (text, spelled) => {
    expect(canonical(text)).toBe(spelled);
  });

  it.each([
    ...['', ' ', '{', '[1,]', '{"a":1,}', '{a:1}', "{'a':1}", '[1 2]', '01', '+1', '.5', '1.'],
    ...['NaN', 'Infinity', 'True', '1 1', '"a', '"\t"', '"\\x"', '"\\u12"', '[1]]', '// x', 'tru'],
  ])('that is none, such as «%s», is keyed by its bytes', (text) => {
    expect(canonical(text)).toBeUndefined();
  });

  it.each([
    ['a name twice', '{"a":1,"a":1}'],
    ['a name twice, one of them escaped', '{"a":1,"\\u0061":2}'],
    ['half a character', '"\\ud800"'],
    ['half a character in a name', '{"\\udc00":1}'],
    ['more digits than a double holds', '9007199254740993'],
    ['more decimals than a double holds', '0.1000000000000000055511151231257827'],
    ['too great a number', '1e400'],
    ['too small a number', '1e-400'],
    ['minus zero', '-0'],
    ['minus zero in disguise', '[-0.0e5]'],
    ['a byte order mark', '\ufeff1'],
  ])('with %s could mean two things, and is keyed by its bytes', (_what, text) => {
    expect(canonical(text)).toBeUndefined();
  });

  it('that is not UTF-8 is keyed by its bytes (RFC 8259 section 8.1)', () => {
    expect(canonicalJson(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined();
    expect(canonicalJson(Buffer.from('"é"', 'latin1'))).toBeUndefined();
  });

  it('that is too large, too deep or has too long a number is keyed by its bytes', () => {
    const limits = { bytesMax: 20, depthMax: 2, numberCharsMax: 4 };
    const within = (text: string) => canonicalJson(Buffer.from(text), limits);
    expect(within('[[1000]]')).toBe('[[1000]]');
    expect(within('[[[]]]')).toBeUndefined();
    expect(within('{"a":{"b":[]}}')).toBeUndefined();
    expect(within('10000')).toBeUndefined();
    expect(within(`"${'x'.repeat(18)}"`)).toBeDefined();
    expect(within(`"${'x'.repeat(19)}"`)).toBeUndefined();
    expect(canonical('['.repeat(100_000))).toBeUndefined();
  });

  it('of a megabyte is read, whatever it is made of', () => {
    const fill = (piece: string) => piece.repeat((JSON_LIMITS.bytesMax - 2) / piece.length);
    for (const piece of ['a', '\\n', '\\\\']) expect(canonical(`"${fill(piece)}"`)).toBeDefined();
    expect(canonical(`[${fill('1,').slice(0, -1)}]`)).toBeDefined();
    expect(canonical(fill('"'))).toBeUndefined();
    expect(canonical(fill(' '))).toBeUndefined();
  });
});

/** A value spelled at random: members in any order, spaces anywhere, characters escaped or not. */
function spell(value: unknown, dice: () => number): string {
  const space = () => ['', ' ', '\n', '\t\r'][Math.floor(dice() * 4)] ?? '';
  const text = (one: string) =>
    JSON.stringify(one).replace(/[a-z0-9]/g, (letter, at: number, whole: string) =>
      whole[at - 1] === '\\' || /\\u[0-9a-f]{0,3}$/.test(whole.slice(0, at)) || dice() < 0.7
        ? letter
        : `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  const list = (open: string, items: string[], close: string) =>
    `${open}${space()}${items.join(`${space()},${space()}`)}${space()}${close}`;
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value))
    return list(
      '[',
      value.map((item) => spell(item, dice)),
      ']',
    );
  const members = Object.entries(value).map(
    ([name, item]) => `${text(name)}${space()}:${spell(item, dice)}`,
  );
  return list(
    '{',
    members.sort(() => dice() - 0.5),
    '}',
  );
}

const hasMinusZero = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(hasMinusZero)
    : Object.is(value, -0);

describe('any value', () => {
  const values = fc.jsonValue({ maxDepth: 5 }).filter((value) => !hasMinusZero(value));
  const dice = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));

  it('has one spelling, however it is written, and the spelling says it', () => {
    fc.assert(
      fc.property(values, dice, (value, throws) => {
        const random = () => Number(throws.next().value);
        const plain = canonical(JSON.stringify(value));
        expect(canonical(spell(value, random))).toBe(plain);
        expect(plain === undefined ? value : JSON.parse(plain)).toEqual(value);
        if (plain !== undefined) expect(canonical(plain)).toBe(plain);
      }),
      { numRuns: 1000 },
    );
  });

  it('never shares its spelling with another one, and bytes of any kind do not throw', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'u00e9', '1', 'e', '-0');
    const broken = fc.array(piece).map((all) => Buffer.from(all.join('')));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), broken), (bytes) => {
        const spelled = canonicalJson(bytes);
        if (spelled === undefined) return;
        expect(JSON.parse(spelled)).toEqual(JSON.parse(Buffer.from(bytes).toString()));
      }),
      { numRuns: 5000 },
    );
  });
});
