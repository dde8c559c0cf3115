/** What is counted: each outcome once, hits and misses are all, bypasses stand apart. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOutcome, openTallies } from '../../src/cache/tally.js';
import { Failure } from '../../src/errors.js';
import type { Outcome } from '../../src/message.js';

type Counted = Exclude<Outcome, { readonly kind: 'no-route' }>;

const life = { ageMs: 1, ttlMs: 1, costMs: 100 };
const reply = (status: number) => ({ status, headers: [], body: undefined });
const outcome: fc.Arbitrary<Counted> = fc
  .record({
    kind: fc.constantFrom('hit', 'stale', 'miss', 'bypass', 'failed'),
    status: fc.constantFrom(200, 404, 500, 503),
    flag: fc.boolean(),
  })
  .map(({ kind, status, flag }): Counted => {
    const route = '/r';
    if (kind === 'hit')
      return { kind, route, tier: 'l1', negative: flag, life, reply: reply(status) };
    if (kind === 'stale') {
      return { kind, route, tier: 'l1', reason: 'if-error', life, reply: reply(status) };
    }
    if (kind === 'miss') {
      const rest = { refused: undefined, sparedMs: flag ? 50 : 0, reply: reply(status) };
      return { kind, route, why: 'uri-miss', joined: flag, ...rest };
    }
    if (kind === 'bypass') return { kind, route, reason: 'cookies', reply: reply(status) };
    const failure = new Failure(flag ? 'connect' : 'abandoned');
    return { kind: 'failed', route, bypass: status === 200 ? 'method' : undefined, failure };
  });

describe('the counts of a route', () => {
  it('hold their identities after any outcomes in any order', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 100 }), (outcomes) => {
        const tallies = openTallies(() => ({ record: () => undefined }));
        for (const one of outcomes) countOutcome(tallies, one, 5);
        const tally = tallies.of('/r');
        const count = (test: (one: Counted) => boolean): number => outcomes.filter(test).length;
        const sum = (counts: ReadonlyMap<string, number>): number =>
          [...counts.values()].reduce((all, one) => all + one, 0);
        const past = sum(tally.bypassed);
        expect(sum(tally.missed)).toBe(tally.misses);
        expect(tally.hitAgeMs).toBe(life.ageMs * tally.hits);
        const statusOf = (one: Counted): number =>
          one.kind === 'failed' ? one.failure.status : one.reply.status;
        expect(tally.hits + tally.misses + past).toBe(outcomes.length);
        expect(tally.hits).toBe(count(({ kind }) => kind === 'hit' || kind === 'stale'));
        expect(tally.stale).toBe(count(({ kind }) => kind === 'stale'));
        expect(tally.negative).toBe(count((one) => one.kind === 'hit' && one.negative));
        expect(tally.coalesced).toBe(count((one) => one.kind === 'miss' && one.joined));
        expect(tally.errors).toBe(count((one) => statusOf(one) >= 500));
        expect(tally.computeSavedMs).toBe(100 * tally.hits + 50 * tally.coalesced);
        expect(tally.latencySavedMs).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('compare a hit with the route’s own recent misses, and never count a loss as a gain', () => {
    const tallies = openTallies(() => ({ record: () => undefined }));
    const asked = { kind: 'miss', route: '/r', why: 'uri-miss', joined: false } as const;
    const miss = { ...asked, refused: undefined, sparedMs: 0 };
    const hit = { kind: 'hit', route: '/r', tier: 'l1', negative: false, life } as const;
    countOutcome(tallies, { ...hit, reply: reply(200) }, 5);
    expect(tallies.of('/r').latencySavedMs).toBe(95);
    countOutcome(tallies, { ...miss, reply: reply(200) }, 20);
    countOutcome(tallies, { ...hit, reply: reply(200) }, 5);
    expect(tallies.of('/r').latencySavedMs).toBe(110);
    countOutcome(tallies, { ...hit, reply: reply(200) }, 500);
    expect(tallies.of('/r').latencySavedMs).toBe(110);
  });
});
