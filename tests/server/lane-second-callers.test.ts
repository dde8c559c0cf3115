/** What the lane finds in the second tier, for each kind of caller, and for one who leaves. */
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Entry } from '../../src/cache/entry.js';
import type { Look, SecondTier } from '../../src/cache/second-tier.js';
import { answersIn } from '../fakes/raw-client.js';
import { until } from '../fakes/waiting.js';
import { comparable, openDoors, requestText, type Doors } from './lane-kit.js';

const REQUEST = requestText('/kept/a');
const TEXT = JSON.stringify(Array.from({ length: 300 }, (_, nth) => ({ nth, word: 'leyden' })));
const ABSENT: Look = { kind: 'absent' };

let doors: Doors;
let looks: number;
/** What lies in the second tier, or what is said of it. */
let there: () => Look | Promise<Look>;

const second: Partial<SecondTier> = {
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
};

function stored(): Entry | undefined {
  const entries = doors.interior.rooms.store.entries();
  for (let one = entries.next(); one.done !== true; one = entries.next()) {
    if (one.value.address.includes('/kept/a')) return one.value;
  }
  return undefined;
}
/** The counters as `total_requests` adds them. */
function counted() {
  const [tally] = doors.interior.rooms.tallies.all();
  const missed = [...(tally?.missed ?? [])].reduce((sum, [, count]) => sum + count, 0);
  return { hits: tally?.hits, misses: tally?.misses, missed };
}

beforeEach(async () => {
  doors = await openDoors(() => 'routes: [{ path: /kept/*, upstream: some, cache: { ttl: 60s } }]');
  doors.origin.answer((_req, res) => {
    res.writeHead(200, ['Content-Type', 'application/json', 'ETag', '"v1"']);
    res.end(TEXT);
  });
  // The rest is for the metrics, which nobody asks for here.
  doors.interior.rooms.second = second as SecondTier;
  there = () => ABSENT;
  await doors.lane(REQUEST);
  await doors.lane(requestText('/kept/a', ['Accept-Encoding: gzip']));
  await until(() => doors.interior.rooms.store.stats().codedEntries === 1);
  looks = 0;
});
afterEach(() => doors.close());

const OTHER = requestText('/kept/b');
const SEEN = 5;
/** Whoever left before these were answered is known to have left. */
async function noticed(): Promise<void> {
  for (let nth = 0; nth < SEEN; nth += 1) await doors.lane(OTHER);
}

function letGo(): Entry {
  const entry = stored();
  if (entry === undefined) throw new Error('Nothing is stored.');
  doors.interior.rooms.store.delete(entry.key);
  return { ...entry };
}

function moveToSecond(): void {
  const entry = letGo();
  there = () => ({ kind: 'found', entry: { ...entry } });
  doors.clock.turn(2000);
}

/** The second tier has it, and says so when the test lets it. */
function hold(): () => void {
  const entry = letGo();
  doors.clock.turn(2000);
  let say: (look: Look) => void = () => undefined;
  const look = new Promise<Look>((resolve) => (say = resolve));
  there = () => look;
  return () => {
    say({ kind: 'found', entry });
  };
}

describe('a coded answer that lies in the second tier', () => {
  const GZIP = 'Accept-Encoding: gzip';
  it.each([
    ['gzip', 'GET', [GZIP], 200, 'gzip'],
    ['no coding', 'GET', [], 200, undefined],
    ['gzip, to HEAD', 'HEAD', [GZIP], 200, 'gzip'],
    ['no coding, to HEAD', 'HEAD', [], 200, undefined],
    ['gzip, and has it', 'GET', [GZIP, 'If-None-Match: "v1-gzip"'], 304, undefined],
    ['no coding, and has it', 'GET', ['If-None-Match: "v1"'], 304, undefined],
    ['gzip, and has the other form', 'GET', [GZIP, 'If-None-Match: "v0"'], 200, 'gzip'],
  ] as const)('goes out to who takes %s', async (_who, method, lines, status, coding) => {
    const request = requestText('/kept/a', lines, method);
    moveToSecond();
    const lane = await doors.lane(request);
    letGo();
    const express = await doors.express(request);
    const [answer] = answersIn(lane.text, method === 'HEAD');
    // What must be opened for its caller is in memory by the time that it goes out.
    const isOpened = coding === undefined && method === 'GET' && !lane.byLane;
    const said = isOpened ? lane.text.replace('detail=l1', 'detail=l2') : lane.text;
    expect(comparable(said)).toBe(comparable(express.text));
    expect(answer?.status).toBe(status);
    if (status === 200) expect(answer?.headers.get('content-encoding')).toBe(coding);
    expect(answer?.headers.get('cache-status')).toMatch(/^leyden; hit; ttl=\d+; detail=l[12]$/);
    const body = Buffer.from(answer?.body ?? '', 'latin1');
    const plain = coding === undefined ? body : method === 'HEAD' ? body : gunzipSync(body);
    expect(plain.toString()).toBe(status === 200 && method === 'GET' ? TEXT : '');
    expect(looks).toBe(2);
    expect(doors.origin.countOf('/kept/a')).toBe(1);
  });
});

describe('a caller who leaves while the lane looks', () => {
  it('costs no computation and counts as one request, and the look serves the next', async () => {
    await doors.lane(OTHER);
    looks = 0;
    const before = counted();
    const found = hold();
    const client = doors.begin(REQUEST);
    await until(() => looks === 1);
    client.leave();
    const stays = doors.begin(REQUEST);
    await noticed();
    found();
    const [answer] = await stays.closed();
    expect([answer?.status, answer?.body]).toEqual([200, TEXT]);
    const { hits = 0, misses = 0, missed } = before;
    await until(() => counted().misses === misses + 1);
    // Every request is a hit or a miss, whoever was there in the end.
    expect(counted()).toEqual({ hits: hits + 1 + SEEN, misses: misses + 1, missed: missed + 1 });
    expect(doors.origin.countOf('/kept/a')).toBe(1);
  });

  it('costs no computation either when nothing is found', async () => {
    await doors.lane(OTHER);
    looks = 0;
    letGo();
    doors.clock.turn(2000);
    let say: (look: Look) => void = () => undefined;
    const look = new Promise<Look>((resolve) => (say = resolve));
    there = () => look;
    const { misses = 0 } = counted();
    const client = doors.begin(REQUEST);
    await until(() => looks === 1);
    client.leave();
    await noticed();
    say(ABSENT);
    await until(() => counted().misses === misses + 1);
    expect(doors.origin.countOf('/kept/a')).toBe(1);
  });
});

describe('requests that the lane looks for', () => {
  it('are hits and misses, each of them once', async () => {
    const before = counted();
    moveToSecond();
    for (let nth = 0; nth < 3; nth += 1) await doors.lane(REQUEST);
    letGo();
    there = () => ABSENT;
    doors.clock.turn(2000);
    await Promise.all([doors.lane(REQUEST), doors.lane(REQUEST), doors.lane(REQUEST)]);
    const { hits = 0, misses = 0, missed } = counted();
    const grown = hits + misses - (before.hits ?? 0) - (before.misses ?? 0);
    expect(grown).toBe(6);
    expect(missed).toBe(misses);
  });
});
