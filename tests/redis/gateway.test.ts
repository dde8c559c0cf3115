/** Redis behind the whole gateway: what /metrics and readiness say of it in each state. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { settle, until } from '../fakes/waiting.js';
import { startRedis, type RedisServer } from '../servers/redis.js';

const SECRET = 'a secret of thirty-two bytes or more';
let redis: RedisServer;
let running: RunningGateway | undefined;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none', password: 'not for the page' });
});
afterAll(() => redis.stop());
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function ask(path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${running?.operationsPort}${path}`, {
    headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
  });
  return { status: answer.status, text: await answer.text() };
}

interface Page {
  readonly redis_pool: Readonly<Record<string, unknown>>;
  readonly pools: Readonly<Record<string, unknown>>;
}

async function page(): Promise<Page> {
  return JSON.parse((await ask('/metrics')).text) as Page;
}

async function untilStatus(status: string): Promise<Page> {
  for (;;) {
    const now = await page();
    if (now.redis_pool['status'] === status) return now;
    await settle(1);
  }
}

const yaml = (url: string, secret = `secret: "${SECRET}"\n`): string =>
  `${secret}operations: { token: "${TOKEN}" }\nredis: { url: "${url}", timeout: ` +
  '{ handshake: 5s, read: 5s, write: 5s }, pool: { min: 2, max: 12, lanes: 2 } }\n';

describe('the gateway and Redis', () => {
  it('shows the pool, its numbers and no password', async () => {
    running = await openGateway(yaml(redis.url));
    const { redis_pool: pool, pools } = await untilStatus('healthy');
    expect(pool).toMatchObject({
      config: { max_connections: 12, host: '127.0.0.1', port: redis.port, db: 0 },
      pool_info: { max_connections: 12, available_connections: 12, in_use_connections: 0 },
      ...{ breaker: 'closed', exhaustions: 0 },
      last_health_check: expect.any(Number),
      last_minute: { errors: 0, exhaustions: 0 },
    });
    expect(pools).not.toHaveProperty('redis');
    const ready = await ask('/health/ready');
    expect(JSON.parse(ready.text)).toMatchObject({ parts: { redis: 'healthy' } });
    expect(JSON.stringify(pool) + running.lines().join()).not.toContain('not for the page');
    const text = await fetch(`http://127.0.0.1:${running.operationsPort}/metrics`, {
      headers: { accept: 'text/plain' },
    }).then((answer) => answer.text());
    expect(text).toContain('leyden_pool_max{pool="redis"} 12');
    expect(text).toContain('leyden_redis_status{status="healthy"} 1');
    expect(text).toContain('leyden_redis_breaker_state{class="read"} 0');
  });

  it('starts without Redis, stays ready, and says that it is down', async () => {
    running = await openGateway(yaml('redis://127.0.0.1:1'));
    const { redis_pool: pool } = await untilStatus('down');
    expect(pool).toMatchObject({ breaker: 'open', pool_info: { in_use_connections: 0 } });
    const ready = await ask('/health/ready');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({ parts: { redis: 'down' } });
    await until(() => running?.lines().some((line) => line.includes('"redis_down"')) === true);
  });

  it('leaves Redis alone without a secret, and says so', async () => {
    running = await openGateway(yaml(redis.url, ''));
    expect((await page()).redis_pool).toEqual({ status: 'disabled' });
    expect(JSON.parse((await ask('/health/ready')).text)).toMatchObject({
      parts: { redis: 'disabled' },
    });
    expect(running.lines().filter((line) => line.includes('"redis_disabled"'))).toHaveLength(1);
  });
});
