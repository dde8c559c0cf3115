/** A stored body has memory of its own, whatever it was cut from. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { collect } from '../../src/cache/collect.js';

async function stored(body: Buffer | Readable): Promise<Buffer> {
  const collected = await collect(body, 1_000_000);
  if (collected.kind === 'over') throw new Error('too large');
  return collected.body;
}

const pinned = (body: Buffer): number => body.buffer.byteLength - body.byteLength;

describe('a body that is kept', () => {
  const chunk = Buffer.alloc(65_536, 'x');

  it.each<[string, () => Buffer | Readable, number]>([
    ['a slice of a larger chunk', () => chunk.subarray(10, 310), 300],
    ['a small one from the pool', () => Buffer.from('a'.repeat(300)), 300],
    ['a small one in pieces', () => Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3],
    ['one piece of a larger chunk', () => Readable.from([chunk.subarray(0, 5_000)]), 5_000],
  ])('pins nothing else: %s', async (_what, body, bytes) => {
    const kept = await stored(body());
    expect(kept.byteLength).toBe(bytes);
    expect(pinned(kept)).toBe(0);
  });

  it('is not copied where it has memory of its own', async () => {
    expect(await stored(chunk)).toBe(chunk);
  });

  it('holds the same bytes', async () => {
    const pieces = ['one ', 'two ', 'three'].map((text) => Buffer.from(text));
    expect((await stored(Readable.from(pieces))).toString()).toBe('one two three');
  });
});
