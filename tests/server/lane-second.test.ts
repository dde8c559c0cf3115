/** The lane and the second tier: what lies there goes out at once, all else is computed. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Entry } from '../../src/cache/entry.js';
import type { Look, SecondTier } from '../../src/cache/second-tier.js';
import { comparable, openDoors, requestText, type Doors } from './lane-kit.js';

const REQUEST = requestText('/kept/a');
const ABSENT: Look = { kind: 'absent' };

let doors: Doors;
let looks: number;
/** What lies in the second tier, or what is said of it. */
let there: () => Look | Promise<Look>;

const second = {
  budgetMs: 50,
  covers: () => true,
  mark: () => undefined,
  look() {
    looks += 1;
    return Promise.resolve(there());
  },
  keep: () => Promise.resolve(false),
  forget: () => undefined,
  lead: () => Promise.resolve({ kind: 'alone' }),
  isDown: () => false,
  close: () => Promise.resolve(),
} satisfies Partial<SecondTier>;

beforeEach(async () => {
  doors = await openDoors(() => 'routes: [{ path: /kept/*, upstream: some, cache: { ttl: 60s } }]');
  // The rest is for the metrics, which nobody asks for here.
  doors.interior.rooms.second = second as unknown as SecondTier;
  there = () => ABSENT;
  await doors.lane(REQUEST);
  looks = 0;
});
afterEach(() => doors.close());

/** Memory has let it go, and the second tier has it. */
function letGo(): Entry {
  const { store } = doors.interior.rooms;
  const entry = store.entries().next().value;
  if (entry === undefined) throw new Error('Nothing is stored.');
  store.delete(entry.key);
  return { ...entry };
}

function moveToSecond(): void {
  const entry = letGo();
  there = () => ({ kind: 'found', entry: { ...entry } });
  doors.clock.turn(2000);
}

describe('an answer that memory has let go', () => {
  it('goes out from the second tier by the lane, byte for byte as through Express', async () => {
    moveToSecond();
    const lane = await doors.lane(REQUEST);
    expect(lane.byLane).toBe(true);
    expect(lane.text).toMatch(/Cache-Status: leyden; hit; ttl=58; detail=l2\r\n/);
    letGo();
    const express = await doors.express(REQUEST);
    expect(express.byLane).toBe(false);
    expect(comparable(lane.text)).toBe(comparable(express.text));
    expect(doors.origin.calls).toHaveLength(1);
    const [tally] = doors.interior.rooms.tallies.all();
    expect(tally).toMatchObject({ hits: 2, misses: 1 });
  });

  it('is looked for once, however many wait, and lies in memory then', async () => {
    moveToSecond();
    const answers = await Promise.all(Array.from({ length: 20 }, () => doors.lane(REQUEST)));
    // Whoever came later found it in memory.
    for (const { text } of answers) expect(text).toMatch(/leyden; hit; ttl=58; detail=l[12]\r\n/);
    expect(looks).toBe(1);
    expect((await doors.lane(REQUEST)).text).toMatch(/detail=l1\r\n/);
  });

  it.each(['absent', 'failed'] as const)('is computed when it is %s there', async (kind) => {
    letGo();
    there = () => ({ kind });
    doors.clock.turn(2000);
    const { text } = await doors.lane(REQUEST);
    expect(text).toMatch(/Cache-Status: leyden; fwd=uri-miss; stored\r\n/);
    // The lane has asked already: nobody waits for the second tier twice.
    expect(looks).toBe(1);
    expect(doors.origin.calls).toHaveLength(2);
  });

  it('is left to the computation for a while when the second tier did not have it', async () => {
    letGo();
    expect((await doors.lane(REQUEST)).text).toMatch(/fwd=uri-miss/);
    expect(looks).toBe(1);
    moveToSecond();
    expect((await doors.lane(REQUEST)).text).toMatch(/detail=l2\r\n/);
  });

  it('is computed anew when it is purged while it is looked for', async () => {
    const entry = letGo();
    doors.clock.turn(2000);
    there = () => {
      doors.interior.rooms.purges.purge([`route:/kept/*`], 'delete');
      there = () => ABSENT;
      return { kind: 'found', entry };
    };
    const { text } = await doors.lane(REQUEST);
    expect(text).toMatch(/fwd=uri-miss; stored\r\n/);
    expect(doors.origin.calls).toHaveLength(2);
  });

  it('does not go out as fresh when it is purged to stale while it is looked for', async () => {
    const entry = letGo();
    doors.clock.turn(2000);
    there = () => {
      doors.interior.rooms.purges.purge([`route:/kept/*`], 'stale');
      return { kind: 'found', entry };
    };
    const { text } = await doors.lane(REQUEST);
    expect(text).toMatch(/fwd=stale; stored\r\n/);
  });

  it('goes out as word that it has not changed, where the caller has it', async () => {
    moveToSecond();
    const etag = /ETag: (\S+)\r\n/.exec((await doors.express(REQUEST)).text)?.[1] ?? '';
    moveToSecond();
    const { text, byLane } = await doors.lane(requestText('/kept/a', [`If-None-Match: ${etag}`]));
    expect(byLane).toBe(true);
    expect(text).toMatch(/^HTTP\/1\.1 304 /);
  });
});
