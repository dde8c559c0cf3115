/** Tracking: a subscriber that hears what anybody changes, and knows when it may have missed it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import { openTracking, type Tracking, type TrackingOptions } from '../../src/redis/tracking.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { settle, until } from '../fakes/waiting.js';
import { closePools, connectionTo, poolAt, recordedLog, set, untilWhole } from './kit.js';
import type { PoolWishes, TestPool } from './kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
const open: Tracking[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  await closePools();
});

const OPTIONS: TrackingOptions = { prefix: 't:{', waitMs: 5000, refusedMs: 20 };

function trackingAt(wishes: PoolWishes = {}, options: Partial<TrackingOptions> = {}) {
  const heard: string[] = [];
  const log = recordedLog();
  const tracking = openTracking(
    { ...OPTIONS, ...options },
    {
      ...{ clock: systemClock, log },
      listener: {
        changed: (key) => heard.push(key),
        flushed: () => heard.push('flushed'),
        resumed: (isSure) => heard.push(isSure ? 'resumed, sure' : 'resumed'),
      },
    },
  );
  open.push(tracking);
  const pool = poolAt(redis.port, wishes);
  const watching = tracking.watch(pool);
  return { pool, tracking, heard, watching, lines: log.lines, state: () => tracking.stats().state };
}

/** One command of somebody else. */
async function command(name: string, ...args: (string | Buffer)[]): Promise<unknown> {
  const connection = await connectionTo(redis.port);
  try {
    return await connection.call(name, args, { waitMs: 5000 });
  } finally {
    connection.end('closed');
  }
}

describe('tracking', () => {
  it('hears each change of a key that begins as ours do, no other', async () => {
    const { heard, tracking, state } = trackingAt();
    await until(() => state() === 'on');
    await command('mset', 'u:{a}', '1', 't:{a}', '1');
    await command('set', 't:{b}', '1', 'px', '1');
    await command('flushdb');
    await until(() => heard.includes('flushed'));
    expect(new Set(heard)).toEqual(new Set(['resumed', 't:{a}', 't:{b}', 'flushed']));
    expect(tracking.stats()).toMatchObject({ armed: 1, flushes: 1, gaps: 0 });
  });

  it('hears a change once, however many lanes there are or were', async () => {
    const { pool, heard } = trackingAt({ lanes: 4, lifetimeMs: 1, healthMs: 5 });
    await untilWhole(pool);
    await until(() => heard.length === 1);
    await command('client', 'kill', 'type', 'normal');
    await until(() => pool.stats().status !== 'healthy');
    await untilWhole(pool);
    const before = heard.length;
    await set(pool, 't:{c}', '1');
    await until(() => heard.length > before);
    await settle(20);
    expect(heard.filter((key) => key === 't:{c}')).toHaveLength(1);
  });

  it('says that its subscriber was killed, and whether anything was evicted', async () => {
    const { heard, tracking, state } = trackingAt();
    await until(() => state() === 'on');
    await command('client', 'kill', 'type', 'pubsub');
    await until(() => tracking.stats().armed === 2);
    await command('config', 'set', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '1500kb');
    for (let nth = 0; nth < 10; nth += 1) await command('set', `o${nth}`, Buffer.alloc(100_000));
    await command('config', 'set', 'maxmemory', '0');
    await command('client', 'kill', 'type', 'pubsub');
    await until(() => tracking.stats().armed === 3);
    const resumed = heard.filter((word) => word.startsWith('resumed'));
    expect(resumed).toEqual(['resumed', 'resumed, sure', 'resumed']);
    expect(tracking.stats().gaps).toBe(2);
  });

  it('case 126: takes nothing that somebody else publishes there for a change', async () => {
    const { heard, state } = trackingAt();
    await until(() => state() === 'on');
    await command('publish', '__redis__:invalidate', 't:{forged}');
    await command('publish', '__redis__:invalidate', '');
    await command('set', 't:{true}', '1');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['resumed', 't:{true}']);
  });

  it('has no place where all dedicated connections are taken, and says so', async () => {
    const { state, lines, pool } = trackingAt({ dedicatedMax: 0 });
    await until(() => state() === 'refused' && pool.stats().status === 'healthy');
    expect(lines[0]).toMatchObject({ event: 'redis_tracking_refused' });
  });
});

const RIGHTS = ['+client|id', '+client|tracking', '+subscribe', '&__redis__:invalidate'];

async function asUser(name: string, ...rights: string[]) {
  const line = ['on', '>word', '~t:*', 'resetchannels', '-@all', '+ping', '+info', ...rights];
  await command('acl', 'setuser', name, ...line);
  return trackingAt({ target: { username: name, password: 'word' } });
}

describe('tracking with a user of few rights', () => {
  it('case 124: needs these four, and begins when it has them', async () => {
    const { state, lines } = await asUser('some', ...RIGHTS.slice(0, 3));
    await until(() => state() === 'refused');
    await command('acl', 'setuser', 'some', ...RIGHTS.slice(3));
    await until(() => state() === 'on');
    expect(lines.map(({ event }) => event)).toEqual([
      'redis_tracking_refused',
      'redis_tracking_allowed',
    ]);
  });

  it.each(RIGHTS)('case 124: is refused without %s, and everything else works', async (right) => {
    const rights = RIGHTS.filter((one) => one !== right);
    const { state, pool }: { state: () => string; pool: TestPool } = await asUser('few', ...rights);
    await until(() => state() === 'refused');
    expect(pool.stats()).toMatchObject({ status: 'healthy', dedicated: 0 });
    await command('acl', 'deluser', 'few');
  });
});
