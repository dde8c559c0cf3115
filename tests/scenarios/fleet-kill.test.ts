/** The node that computes for the whole fleet is killed: another does it, once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { endEverything, leydenStart } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { yamlFor } from './fleet-kit.js';

let redis: RedisServer;
let origin: Origin;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
  origin = await openOrigin();
});
afterAll(async () => {
  await endEverything();
  await origin.close();
  await redis.stop();
});

const HEADERS = { Host: 'fleet.test' };

async function metric(port: number, name: string): Promise<number> {
  const url = `http://127.0.0.1:${port}/metrics`;
  const page = await fetch(url, { headers: { accept: 'text/plain' } });
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(await page.text())?.[1] ?? 'NaN');
}

describe('a fleet whose computing node is killed', () => {
  it('computes twice, and answers all who asked another node', async () => {
    const yaml = yamlFor(redis.port, origin.url, 'leyden:kill:');
    const nodes = await Promise.all([leydenStart(yaml), leydenStart(yaml), leydenStart(yaml)]);
    const [first, ...others] = nodes;
    let isOpen = false;
    origin.answer((_req, res) => {
      if (isOpen) res.end('computed');
    });
    const lost = ask(first.port, '/kept/slow', { headers: HEADERS }).catch(() => 'lost');
    await origin.asked(1);
    const kept = Array.from({ length: 100 }, (_, nth) =>
      ask(others[nth % 2]?.port ?? 0, '/kept/slow', { headers: HEADERS }),
    );
    for (const { operationsPort } of others) {
      while ((await metric(operationsPort, 'leyden_lease_waiters')) < 1);
    }
    isOpen = true;
    first.signal('SIGKILL');
    expect(await lost).toBe('lost');
    expect(new Set((await Promise.all(kept)).map(({ body }) => body))).toEqual(
      new Set(['computed']),
    );
    expect(origin.countOf('/kept/slow')).toBe(2);
  }, 120_000);
});
