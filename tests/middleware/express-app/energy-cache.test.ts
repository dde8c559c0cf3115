/** The names from before: what `energy:*` once was is taken back wherever it lies. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  clearEnergyCache,
  closeRedisPool,
  createCache,
  initRedisPool,
  invalidateCache,
  responseCache,
} from '../../../src/index.js';
import { systemClock } from '../../../src/clock.js';
import { ask } from '../../fakes/client.js';
import { openFleetScene, SECRET } from '../../scenarios/fleet-kit.js';
import { raw } from '../../cache/redis-store-kit.js';
import { closePools } from '../../redis/kit.js';
import { startRedis, type RedisServer } from '../../servers/redis.js';
import { keptCache, listening } from './kit.js';

const PATIENT = { readMs: 20_000, writeMs: 20_000, handshakeMs: 20_000, connectMs: 30_000 };

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
afterEach(async () => {
  await closeRedisPool();
  await closePools();
});

/** An app of somebody's own, with the endpoints and one besides. */
async function app(): Promise<(path: string) => Promise<string>> {
  const cache = keptCache(createCache());
  let runs = 0;
  const port = await listening((own) => {
    const tagged = { cache, ttl: '60s', tags: ['energy'], name: 'tagged' };
    own.use(
      '/own',
      responseCache(tagged, (_req, res) => void res.send(String((runs += 1)))),
    );
    own.use(
      responseCache({ cache, ttl: '60s', name: 'rest' }, (_req, res) => {
        res.send(String((runs += 1)));
      }),
    );
  });
  return async (path) => {
    const { headers } = await ask(port, path);
    return headers['x-cache'] ?? '';
  };
}

const PATHS = ['/energy/gradient', '/energy/monitor?a=1', '/own/x', '/other'];

async function wordsOf(word: (path: string) => Promise<string>): Promise<string[]> {
  const words = [];
  for (const path of PATHS) words.push(await word(path));
  return words;
}

describe('clearEnergyCache', () => {
  it('takes back in memory what is tagged energy or lies under /energy/', async () => {
    const word = await app();
    await wordsOf(word);
    expect(await wordsOf(word)).toEqual(['HIT', 'HIT', 'HIT', 'HIT']);
    expect(await clearEnergyCache()).toBe(true);
    expect(await wordsOf(word)).toEqual(['MISS', 'MISS', 'MISS', 'HIT']);
    expect(await wordsOf(word)).toEqual(['HIT', 'HIT', 'HIT', 'HIT']);
  });

  it('takes away the keys of other programs in Redis, and no other key', async () => {
    await initRedisPool({ url: redis.url, ...PATIENT });
    const nowS = systemClock.wallMs() / 1000;
    const [half, whole] = [Math.floor(nowS / 30), Math.floor(nowS / 60)];
    const theirs = [`energy:gradient:${half}`, `energy:monitor:${half - 1}`];
    theirs.push(`energy:calibrate:${whole}`);
    for (const key of [...theirs, 'energyx', 'mine:energy:gradient:1']) {
      await raw(redis.port, 'set', key, '{}');
    }
    expect(await clearEnergyCache()).toBe(true);
    const left = ((await raw(redis.port, 'keys', '*')) as readonly Buffer[]).map(String).sort();
    expect(left).toEqual(['energyx', 'mine:energy:gradient:1']);
  });

  it('says so when Redis did not take it', async () => {
    await initRedisPool({ url: redis.url, ...PATIENT, readonly: true });
    const word = await app();
    await wordsOf(word);
    expect(await clearEnergyCache()).toBe(false);
    // What this process holds is gone all the same.
    expect(await word('/energy/gradient')).toBe('MISS');
  });
});

describe('invalidateCache', () => {
  it('takes back one of them, here and in Redis', async () => {
    await initRedisPool({ url: redis.url, ...PATIENT });
    await raw(redis.port, 'flushall');
    const word = await app();
    await wordsOf(word);
    await raw(redis.port, 'set', 'energy:gradient:123456', '{}');
    await raw(redis.port, 'set', 'energy:gradient:123457', '{}');
    expect(await invalidateCache('energy:gradient:123456')).toBe(true);
    expect(await wordsOf(word)).toEqual(['MISS', 'HIT', 'HIT', 'HIT']);
    expect(await raw(redis.port, 'exists', 'energy:gradient:123456')).toBe(0);
    expect(await raw(redis.port, 'exists', 'energy:gradient:123457')).toBe(1);
  });

  it.each(['', 'energy:', 'leyden:{x}:entry', 'energy:*', 'energy:a b', 'test_key'])(
    'refuses %j, which is no such key',
    async (key) => {
      await expect(invalidateCache(key)).rejects.toThrow('key must be energy:<name>');
    },
  );
});

describe('with the secret of the gateways that share the Redis', () => {
  it('both clear what those hold, in both their tiers', async () => {
    const scene = await openFleetScene();
    try {
      const route = '\n  - { path: /energy/**, upstream: some, cache: { ttl: 10m } }\n';
      const [one, other] = await scene.nodes(2, route);
      if (one === undefined || other === undefined) throw new Error('there are two');
      await initRedisPool({ url: scene.redis.url, ...PATIENT });
      const told = { secret: SECRET, prefix: scene.prefix };
      for (const clear of [
        () => clearEnergyCache(told),
        () => invalidateCache('energy:gradient:1', told),
      ]) {
        const old = new Set<string>();
        for (const node of [one, other]) old.add((await node.get('/energy/gradient')).body);
        expect(await clear()).toBe(true);
        const bodies = async (node: typeof one) => (await node.get('/energy/gradient')).body;
        for (const node of [one, other]) while (old.has(await bodies(node)));
        for (const node of [one, other]) expect(old).not.toContain(await bodies(node));
      }
    } finally {
      await scene.close();
    }
  }, 60_000);
});
