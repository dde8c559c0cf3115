/** Frames: what is written is read again, and anything else is a miss and never an answer. */
import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../../src/cache/entry.js';
import { FRAME_VERSION, readFrame, writeFrame } from '../../src/cache/frame.js';
import { macOf, openKeyRing } from '../../src/cache/key-ring.js';
import { handClock } from '../fakes/hand-clock.js';
import { codedRuleEntry, httpEntry, identityOf, NEW_SECRET, OLD_SECRET } from './frame-kit.js';
import { ruleEntry, toolsOf, type Kit } from './frame-kit.js';

const tools = toolsOf();
const { clock } = tools;
const nowMs = clock.nowMs();

function reasonFor(bytes: Buffer, entry: Entry, with_ = tools): string {
  const read = readFrame(bytes, with_, identityOf(entry));
  return read.kind === 'good' ? 'good' : read.reason;
}

describe('a frame', () => {
  it.each([
    ['under a lifetime rule', ruleEntry(nowMs)],
    ['under cache: http', httpEntry(nowMs)],
    ['that is kept coded, with its plain form', codedRuleEntry(nowMs)],
    ['that may yet be coded', ruleEntry(nowMs, { coded: 'open' })],
    ['without anything that may be missing', ruleEntry(nowMs, { query: undefined, tags: [] })],
  ])('gives back an answer %s as it was stored', (_name, entry) => {
    const read = readFrame(writeFrame(entry, tools, [3, 2 ** 53]), tools, identityOf(entry));
    expect(read).toEqual({
      kind: 'good',
      entry: { ...entry, chargedBytes: expect.any(Number) },
      marks: [3, 2 ** 53],
    });
  });

  it('charges an answer that was read like the one that was stored', () => {
    const charged = (entry: Entry): number => {
      const read = readFrame(writeFrame(entry, tools), tools, identityOf(entry));
      return read.kind === 'good' ? read.entry.chargedBytes - entry.chargedBytes : NaN;
    };
    expect([charged(ruleEntry(nowMs)), charged(httpEntry(nowMs))]).toEqual([0, 0]);
    // The field that coding added to the plain form is charged for as well.
    expect(charged(codedRuleEntry(nowMs))).toBeGreaterThanOrEqual(0);
    expect(charged(codedRuleEntry(nowMs))).toBeLessThan(100);
  });

  it('gives back whatever an answer holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const lists = fc.array(fc.tuple(text, text), { maxLength: 8 });
    const answers = fc.record({
      ...{ key: fc.string({ minLength: 1 }), partition: fc.string({ minLength: 1 }) },
      ...{ query: fc.option(text, { nil: undefined }), etag: fc.option(text, { nil: undefined }) },
      ...{ tags: fc.array(text), route: text, status: fc.integer({ min: 100, max: 599 }) },
      headers: lists.map((pairs) => pairs.flat()),
      recipe: fc.option(
        lists.map((pairs) => pairs.flat()),
        { nil: undefined },
      ),
      body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      costMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      ...{ negative: fc.boolean(), madeOld: fc.boolean(), hits: fc.nat() },
    });
    fc.assert(
      fc.property(answers, (more) => {
        const entry = ruleEntry(nowMs, { ...more, hitsBefore: more.hits });
        const read = readFrame(writeFrame(entry, tools), tools, identityOf(entry));
        const expected = { ...entry, chargedBytes: expect.any(Number) };
        expect(read).toEqual({ kind: 'good', entry: expected, marks: [] });
      }),
    );
  });

  it('takes any bytes without a throw', () => {
    const head = writeFrame(ruleEntry(nowMs), tools).subarray(0, 13);
    const bytes = fc.uint8Array({ maxLength: 300 }).map((tail) => Buffer.from(tail));
    fc.assert(
      fc.property(bytes, fc.boolean(), (tail, isHeaded) => {
        const hostile = isHeaded ? Buffer.concat([head, tail]) : tail;
        // Its length is right, so that only what lies deeper can be wrong.
        if (isHeaded) hostile.writeUInt32LE(hostile.byteLength, 5);
        expect(readFrame(hostile, tools, { identity: undefined, epoch: 1 }).kind).toBe('absent');
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes any fields that we have signed ourselves without a throw', () => {
    const head = writeFrame(ruleEntry(nowMs), tools).subarray(0, 13);
    const fields = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 24 }), fc.uint8Array({ maxLength: 90 })),
    );
    fc.assert(
      fc.property(fields, fc.nat({ max: 3 }), (list, lie) => {
        const parts = list.map(([tag, bytes]) => {
          const start = Buffer.from([tag, 0, 0, 0, 0]);
          start.writeUInt32LE(bytes.byteLength + lie, 1);
          return Buffer.concat([start, bytes]);
        });
        const bytes = Buffer.concat([head, ...parts]);
        bytes.writeUInt32LE(bytes.byteLength + 16, 5);
        const signed = Buffer.concat([bytes, macOf(tools.ring.first, bytes)]);
        const read = readFrame(signed, tools, { identity: undefined, epoch: 1 });
        expect(read).toEqual({ kind: 'absent', reason: 'schema' });
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves out fields that a later writer added', () => {
    const entry = ruleEntry(nowMs);
    const bytes = writeFrame(entry, tools).subarray(0, -16);
    const later = Buffer.concat([bytes, Buffer.from([200, 3, 0, 0, 0, 1, 2, 3])]);
    later.writeUInt32LE(later.byteLength + 16, 5);
    const signed = Buffer.concat([later, macOf(tools.ring.first, later)]);
    expect(readFrame(signed, tools, identityOf(entry))).toMatchObject({ kind: 'good', entry });
  });

  it('case 119: is a miss when any byte of a 2 KB value is flipped', () => {
    const entry = ruleEntry(nowMs, { body: Buffer.alloc(1_500, 'x') });
    const good = writeFrame(entry, tools);
    expect(good.byteLength).toBeGreaterThan(1_800);
    const reasons = new Set<string>();
    for (let at = 0; at < good.byteLength; at += 1) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      reasons.add(reasonFor(bad, entry));
    }
    expect([...reasons].sort()).toEqual(['foreign', 'mac', 'schema', 'size', 'version']);
    expect(reasonFor(good, entry)).toBe('good');
  });

  it('case 120: is a miss when it is of the version before or after', () => {
    const entry = ruleEntry(nowMs);
    for (const version of [FRAME_VERSION - 1, FRAME_VERSION + 1]) {
      const bytes = Buffer.from(writeFrame(entry, tools));
      bytes[4] = version;
      expect(reasonFor(bytes, entry)).toBe('version');
    }
  });

  it.each([
    ['JSON of another gateway', '{"content":"{}","status_code":200,"headers":{}}'],
    ['MessagePack', '\x83\xa4body\xc4\x02{}\xa6status\xcc\xc8'],
    ['nothing at all', ''],
    ['null', 'null'],
    ['a single byte', 'L'],
    ['its first bytes only', 'LYDN\x01'],
  ])('case 120: is a miss when the value is %s', (_name, value) => {
    expect(reasonFor(Buffer.from(value, 'latin1'), ruleEntry(nowMs))).toBe('schema');
  });

  it('case 121: is a miss, and not even signed for, when it is larger than may be read', () => {
    const entry = ruleEntry(nowMs, { body: Buffer.alloc(2_000) });
    const bytes = writeFrame(entry, tools);
    expect(reasonFor(bytes, entry, { ...tools, bytesMax: 2_000 })).toBe('size');
    expect(reasonFor(bytes.subarray(0, -1), entry)).toBe('size');
    expect(reasonFor(Buffer.concat([bytes, bytes]), entry)).toBe('size');
  });

  it('case 122: has fields whose names pollute no prototype', () => {
    const headers = ['__proto__', 'polluted', 'constructor', 'polluted', 'toString', 'x'];
    const entry = ruleEntry(nowMs, { headers, tags: ['__proto__', 'constructor'] });
    const read = readFrame(writeFrame(entry, tools), tools, identityOf(entry));
    expect(read).toMatchObject({ entry: { headers } });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });
});

describe('whose a frame is', () => {
  it('case 11: a value that was copied to another key is a miss', () => {
    const bytes = writeFrame(ruleEntry(nowMs), tools);
    expect(reasonFor(bytes, ruleEntry(nowMs, { key: 'another' }))).toBe('identity');
    expect(reasonFor(bytes, ruleEntry(nowMs, { partition: 'another' }))).toBe('identity');
  });

  it('case 10: keys cut to 8 bits collide, and nobody gets what is another’s', () => {
    const stored = new Map<string, Buffer>();
    const counts = { good: 0, identity: 0, wrong: 0 };
    for (let n = 0; n < 10_000; n += 1) {
      const key = `key-${(n * 7919) % 1_000}`;
      const entry = ruleEntry(nowMs, { key, partition: `user-${n % 50}` });
      const owned = { ...entry, body: Buffer.from(`${entry.partition} ${key}`) };
      const cut = hash('sha256', key + entry.partition).slice(0, 2);
      const bytes = stored.get(cut);
      const read = bytes && readFrame(bytes, tools, identityOf(owned));
      if (read?.kind === 'good') {
        counts.good += 1;
        if (!read.entry.body.equals(owned.body)) counts.wrong += 1;
      } else {
        if (read?.reason === 'identity') counts.identity += 1;
        stored.set(cut, writeFrame(owned, tools));
      }
    }
    expect(counts.wrong).toBe(0);
    expect(counts.identity).toBeGreaterThan(1_000);
  });

  it('case 36: while secrets rotate, each instance reads what the other signed', () => {
    const entry = ruleEntry(nowMs);
    const before = toolsOf([OLD_SECRET], clock);
    const during = toolsOf([OLD_SECRET, NEW_SECRET], clock);
    const after = toolsOf([NEW_SECRET, OLD_SECRET], clock);
    expect(reasonFor(writeFrame(entry, during), entry, after)).toBe('good');
    expect(reasonFor(writeFrame(entry, after), entry, during)).toBe('good');
    // Who does not hold the new one yet has a miss, and knows why.
    expect(reasonFor(writeFrame(entry, after), entry, before)).toBe('foreign');
  });

  it('a key for one purpose does not sign for another', () => {
    const rings = (['entries', 'bus', 'snapshot'] as const).map((purpose) =>
      openKeyRing([OLD_SECRET], purpose),
    );
    expect(new Set(rings.map((ring) => ring?.first.id)).size).toBe(3);
    expect(openKeyRing([], 'entries')).toBeUndefined();
  });
});

describe('the clocks of a frame', () => {
  const at = (byMs: number): Kit => {
    const steady = handClock();
    return { ...tools, clock: { ...steady, nowMs: () => 5_000, wallMs: () => nowMs + byMs } };
  };

  it('carry age and lifetime to a process whose steady clock is another', () => {
    const entry = ruleEntry(nowMs);
    const read = readFrame(writeFrame(entry, tools), at(12_000), identityOf(entry));
    expect(read).toMatchObject({
      entry: { storedAtMs: 5_000 - 12_000, freshUntilMs: 5_000 + 18_000, initialAgeMs: 250 },
    });
  });

  it('make it a miss once its last window has closed', () => {
    const entry = ruleEntry(nowMs);
    const bytes = writeFrame(entry, tools);
    expect(reasonFor(bytes, entry, at(599_999))).toBe('good');
    expect(reasonFor(bytes, entry, at(600_000))).toBe('expired');
  });

  it('never give it a longer life than it had, however late the reader’s clock is', () => {
    const entry = ruleEntry(nowMs);
    const bytes = writeFrame(entry, tools);
    const read = readFrame(bytes, at(-50_000), identityOf(entry));
    expect(read).toMatchObject({ entry: { storedAtMs: 5_000, freshUntilMs: 35_000 } });
    expect(reasonFor(bytes, entry, at(-60_001))).toBe('expired');
  });
});
