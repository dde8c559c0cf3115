/** Computing time under random traffic: every second is spent for somebody or by some trigger. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RouteTally } from '../../src/cache/tally.js';
import { openWarming } from '../../src/cache/warm.js';
import { cached } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';
import { watched } from './ahead-kit.js';

const act = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const), path: fc.constantFrom('/a', '/b', '/c') }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 20_000 }) }),
  fc.record({ kind: fc.constant('warm' as const), path: fc.constantFrom('/a', '/d') }),
  fc.record({ kind: fc.constant('purge' as const) }),
  fc.record({ kind: fc.constant('drop' as const) }),
);

const sum = (sums: ReadonlyMap<string, number>): number =>
  [...sums.values()].reduce((all, one) => all + one, 0);

function holds(tally: RouteTally, upstreamMs: number): void {
  expect(tally.computeSpentMs).toBeCloseTo(upstreamMs, 3);
  expect(sum(tally.refreshMs)).toBeCloseTo(tally.computeBehindMs, 6);
  expect(tally.computeBehindMs).toBeLessThanOrEqual(tally.computeSpentMs);
  for (const [trigger, ms] of tally.unusedMs) {
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual((tally.refreshMs.get(trigger) ?? 0) + 1e-6);
  }
}

describe('computing time', () => {
  it('is what the upstream worked, in front or behind by trigger, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 5, maxLength: 25 }),
        fc.constantFrom(500, 4_000),
        async (acts, costMs) => {
          const rule = { ttl: 10_000, staleWhileRevalidate: 5_000, early: 'auto' } as const;
          const house = watched(cached('/*', rule));
          const warming = openWarming(house.rooms, {
            ...{ concurrent: 2, waitingMax: 10, deadlineMs: 60_000 },
          });
          for (const one of acts) {
            if (one.kind === 'ask') void house.ask(one.path);
            else if (one.kind === 'wait') await house.pass(one.ms, costMs);
            else if (one.kind === 'purge') house.rooms.purges.purge(['route:/*'], 'delete');
            else if (one.kind === 'drop') house.rooms.store.delete(house.entry()?.key ?? '');
            else {
              warming.begin([one.path], (path) => ({
                ...{ method: 'GET', host: 'here', path, query: undefined, headers: [] },
                partition: 'anon',
              }));
            }
            await settle(2);
          }
          await house.pass(60_000, costMs);
          holds(house.tally, house.workedMs());
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });

  it('for one caller alone, past the others who waited, is spent as well', async () => {
    const house = watched(cached('/r'));
    const asked = [house.ask('/r'), house.ask('/r')];
    await settle();
    house.clock.turn(1_000);
    house.upstream.calls[0]?.answer({ headers: ['Cache-Control', 'private'] });
    await settle();
    house.clock.turn(2_000);
    house.upstream.calls[1]?.answer({ headers: ['Cache-Control', 'private'] });
    await Promise.all(asked);
    expect(house.tally.computeSpentMs).toBe(3_000);
  });
});
