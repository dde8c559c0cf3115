/** Two workers and Redis: nodes of the fleet like any other, and still one sum here. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endEverything } from '../fakes/leyden-process.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { startWorkers, untilSo, type Workers } from './workers-kit.js';

let redis: RedisServer;
let all: Workers;
beforeAll(async () => {
  redis = await startRedis();
  all = await startWorkers(`
secret: "a secret of thirty-two bytes or more"
redis:
  url: "redis://127.0.0.1:${redis.port}"
  timeout: { handshake: 5s, read: 5s, write: 5s }
  pool: { min: 1, max: 8, lanes: 2 }
  journal: { alive: 30s, wait: 20s }
`);
});
afterAll(async () => {
  await endEverything();
  await all.origin.close();
  await redis.stop();
});

describe('two workers with Redis', () => {
  it('compute once, and what one stored the other reads there', async () => {
    await untilSo(
      async () => (await all.operate('GET', '/metrics')).body['redis_pool'],
      (pool) => (pool as { status: string }).status === 'healthy',
    );
    expect(await all.word('/kept/shared')).toBe('fwd=uri-miss; stored');
    await untilSo(
      async () => await all.word('/kept/shared'),
      (word) => word.startsWith('hit'),
    );
    for (let nth = 0; nth < 4; nth += 1) await all.get('/kept/shared');
    const { body } = await all.operate('GET', '/metrics');
    expect(body['redis_pool']).toMatchObject({ pool_info: { max_connections: 8 } });
  });

  it('forget on the operator’s word, here at once and in the whole fleet', async () => {
    const order = { type: 'path', selectors: ['/kept/shared'], mode: 'delete', wait: 'cluster' };
    const purged = await all.operate('POST', '/admin/cache/invalidate', order);
    expect([purged.status, purged.body['pending']]).toEqual([200, 0]);
    const before = all.origin.countOf('/kept/shared');
    for (let nth = 0; nth < 4; nth += 1) await all.get('/kept/shared');
    expect(all.origin.countOf('/kept/shared')).toBeGreaterThan(before);
    expect((await all.word('/kept/shared')).startsWith('hit')).toBe(true);
  });
});
