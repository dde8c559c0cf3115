/** The key ring: what it signs is an HMAC, whichever way it is computed. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MAC_BYTES, macOf, openKeyRing } from '../../src/cache/key-ring.js';

describe('the signature of an answer', () => {
  const { first } = openKeyRing(['a secret that is long enough for a test'], 'entries') ?? {};
  if (first === undefined) throw new Error('There is no key.');
  // On both sides of a block of the hash, and of the size up to which it is made in one call.
  const sizes = [0, 1, 55, 56, 63, 64, 65, 300, 16_383, 16_384, 16_385, 100_000];

  it.each(sizes)('is the HMAC-SHA-256 of RFC 2104 over %d bytes, cut to half', (size) => {
    const bytes = Buffer.alloc(size, 'some bytes \xff\x00 of an answer');
    const wanted = createHmac('sha256', first.key).update(bytes).digest().subarray(0, MAC_BYTES);
    expect(macOf(first, bytes)).toEqual(wanted);
    const half = size >> 1;
    expect(macOf(first, bytes.subarray(0, half), bytes.subarray(half))).toEqual(wanted);
  });
});
