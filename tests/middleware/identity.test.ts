/** Identity: whose slot a request reads, from the exact bytes of its credential. */
import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { openIdentity } from '../../middleware/identity.js';

const key = Buffer.alloc(32, 1);

describe('identity', () => {
  it('is nobody without a credential, and nobody else with one', () => {
    const identity = openIdentity({ key, memoMax: 10 });
    expect(identity.partitionOf(undefined)).toBe('anon');
    expect(identity.partitionOf('anon')).not.toBe('anon');
    expect(identity.partitionOf('')).not.toBe('anon');
  });

  it('case 19: tells apart credentials that differ in one byte', () => {
    const identity = openIdentity({ key, memoMax: 100 });
    const values = [
      'Bearer x',
      'bearer x',
      'Bearer  x',
      'Bearer x ',
      'Basic x',
      'Bearer \u00e9',
      '',
    ];
    expect(new Set(values.map((value) => identity.partitionOf(value))).size).toBe(values.length);
  });

  it('never shows the credential or a hash that anybody could make', () => {
    const made = openIdentity({ key, memoMax: 10 }).partitionOf('Bearer x');
    expect(made).not.toContain('Bearer');
    for (const name of ['md5', 'sha1', 'sha256']) {
      expect(made).not.toBe(createHash(name).update('Bearer x').digest('base64url'));
    }
    expect(
      openIdentity({ key: Buffer.alloc(32, 2), memoMax: 10 }).partitionOf('Bearer x'),
    ).not.toBe(made);
  });

  it('says the same each time, remembers so many, and forgets the oldest', () => {
    const identity = openIdentity({ key, memoMax: 3 });
    const first = identity.partitionOf('Bearer 0');
    for (let nth = 0; nth < 1_000; nth += 1) identity.partitionOf(`Bearer ${nth}`);
    expect(identity.stats()).toEqual({ entries: 3, entriesMax: 3 });
    expect(identity.partitionOf('Bearer 0')).toBe(first);
  });
});
