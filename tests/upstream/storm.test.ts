/** Many callers, faults and departures at once: nobody gets another's answer, nothing is left. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeOrigins, codeOf, origin, request, settle, text, until } from './kit.js';
import { answer, openRawOrigin, type RawOrigin } from './raw-origin.js';

/** Numbers from 0 up to 1 that are the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SEED = 20_240_117;
const ROUNDS = 2_000;
const AT_ONCE = 24;

let server: RawOrigin | undefined;
afterEach(async () => {
  await closeOrigins();
  await server?.close();
});

/** An origin that answers with the target it was asked for, and misbehaves at random. */
function openStormOrigin(random: () => number, calm: () => boolean): Promise<RawOrigin> {
  return openRawOrigin((socket, head) => {
    const target = head.split(' ')[1] ?? '';
    const good = answer(target.repeat(20));
    const chance = calm() ? 1 : random();
    if (chance < 0.05) socket.resetAndDestroy();
    else if (chance < 0.1) socket.end(good.slice(0, 60));
    else if (chance < 0.15) socket.write(good + answer('POISON'));
    else if (chance < 0.2) socket.write(`${good}\r\n`);
    else if (chance < 0.25) socket.end(good);
    else if (chance < 0.3) socket.write('HTTP/1.1 200 OK\r\nX: \0\r\n\r\n');
    else if (chance < 0.35) setImmediate(() => socket.write(good));
    else if (chance < 0.4) {
      socket.write(good.slice(0, 70));
      setImmediate(() => socket.write(good.slice(70)));
    } else socket.write(good);
  });
}

describe('a storm', () => {
  it(`case 14: seed ${SEED}, callers leave at random and nobody gets a wrong answer`, async () => {
    const random = seeded(SEED);
    let calm = false;
    server = await openStormOrigin(random, () => calm);
    const one = origin(server.url, { connections: 6 });
    let wrong = 0;
    let right = 0;
    const call = async (nth: number, leaves: boolean): Promise<void> => {
      const gone = new AbortController();
      const method = random() < 0.2 ? 'POST' : 'GET';
      const target = `/${nth}/`;
      const work = one
        .fetch(request({ method, target, signal: gone.signal }))
        .then(async (reply) => {
          const body = await text(reply.body);
          if (body === target.repeat(20)) right += 1;
          else wrong += 1;
        });
      if (leaves) {
        await settle(Math.floor(random() * 6));
        gone.abort();
      }
      const code = await codeOf(work);
      expect(['none', 'abandoned', 'reset', 'truncated', 'headers']).toContain(code);
      if (calm) expect(code).toBe('none');
    };
    let nth = 0;
    const worker = async (end: number): Promise<void> => {
      while (nth < end) await call((nth += 1), !calm && random() < 0.3);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, () => worker(ROUNDS)));
    expect(right).toBeGreaterThan(ROUNDS / 3);
    calm = true;
    const before = right;
    await Promise.all(Array.from({ length: AT_ONCE }, () => worker(ROUNDS + 500)));
    expect(right - before).toBe(500);
    expect(wrong).toBe(0);
    await until(() => one.stats().inUse === 0);
    expect(one.stats()).toMatchObject({ inUse: 0, waiting: 0 });
    expect(one.stats().open).toBeLessThanOrEqual(6);
  });
});
