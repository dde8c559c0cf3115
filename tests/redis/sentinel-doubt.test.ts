/** Sentinels that are away, know nothing, ask for a password, or know only what was. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { askRedis } from '../servers/redis-ask.js';
import { startSentinelSet, type SentinelSet } from '../servers/redis-sentinel.js';
import { startFaultProxy } from '../servers/fault-proxy.js';
import { settle, until } from '../fakes/waiting.js';
import { closePools, get, outcome, set, untilAnswer, untilWhole } from './kit.js';
import { poolBehind } from './sentinel-kit.js';

const password = 'of-the-servers';
const sentinelPassword = 'of-the-sentinels';
const withPasswords = {
  password,
  sentinelCredentials: { username: undefined, password: sentinelPassword, tls: undefined },
};
let servers: SentinelSet;
let foreign: SentinelSet;
const portOf = (set: SentinelSet): number => set.sentinels[0]?.port ?? 0;

beforeAll(async () => {
  const one = { replicas: 1, sentinels: 1, password, sentinelPassword };
  [servers, foreign] = await Promise.all([startSentinelSet(one), startSentinelSet(one)]);
});
afterAll(() => Promise.all([servers.stop(), foreign.stop()]));
afterEach(closePools);

describe('sentinels in doubt', () => {
  it('have a password of their own, and a wrong one is told as such', async () => {
    const pool = poolBehind([portOf(servers)], { target: withPasswords });
    await untilWhole(pool);
    expect(await set(pool, 'x', 'in')).toBe('OK');
    const { sentinelCredentials } = withPasswords;
    const wrong = poolBehind([portOf(servers)], {
      target: { password, sentinelCredentials: { ...sentinelCredentials, password: 'wrong' } },
    });
    await wrong.tried();
    expect(await get(wrong, 'x')).toBe('auth');
    expect(JSON.stringify([wrong.lines, pool.lines])).not.toContain('of-the-');
  });

  it('that know no master of that name are told from a server that is away', async () => {
    const pool = poolBehind([portOf(servers)], { target: { ...withPasswords, name: 'other' } });
    await pool.tried();
    expect(await get(pool, 'x')).toBe('sentinel');
    expect(await outcome(pool.withConnection((own) => own.call('ping', [])))).toBe('sentinel');
    expect(pool.stats()).toMatchObject({ status: 'down', sentinels: { up: 0, unknown: 1 } });
  });

  it('are away at the start: the pool is used as soon as one is there', async () => {
    const proxy = await startFaultProxy({ serverPort: portOf(servers) });
    await proxy.down();
    const pool = poolBehind([proxy.port], { target: withPasswords });
    await pool.tried();
    expect(await get(pool, 'x')).toBe('refused');
    await proxy.up();
    await untilAnswer(() => set(pool, 'x', 'healed'), 'OK');
    await untilWhole(pool);
    await proxy.down();
    await until(() => pool.stats().sentinels?.up === 0);
    // Who led then leads still, as far as anybody knows.
    expect(await get(pool, 'x')).toBe('healed');
    expect(pool.stats().status).toBe('healthy');
    await proxy.close();
  });

  it('R22: one that was cut off and knows only the old master is not believed', async () => {
    await untilAnswer(async () => {
      const words = ['sentinel', 'failover', servers.name];
      return askRedis(portOf(servers), words, sentinelPassword).catch(() => undefined);
    }, 'OK');
    const now = (): Promise<number> => servers.masterPort();
    const first = servers.servers[0]?.port ?? 0;
    while ((await now()) === first) await settle(1);
    const behind = await foreign.masterPort();
    await askRedis(behind, ['set', 'where', 'old'], password);
    await askRedis(await now(), ['set', 'where', 'new'], password);
    const [cutOff, well] = await Promise.all(
      [foreign, servers].map((set) => startFaultProxy({ serverPort: portOf(set) })),
    );
    await well?.down();
    const pool = poolBehind([cutOff?.port ?? 0, well?.port ?? 0], { target: withPasswords });
    await untilWhole(pool);
    expect(await get(pool, 'where')).toBe('old');
    await well?.up();
    // The old master lives and would answer on, so its connections are ended from here.
    await until(() => pool.stats().port !== behind);
    await untilWhole(pool);
    const heard = (): number => cutOff?.stats().upBytes ?? 0;
    const before = heard();
    while (heard() < before + 2000) {
      expect(await get(pool, 'where')).toBe('new');
      await settle(1);
    }
    expect(pool.stats()).toMatchObject({ port: await now(), sentinels: { up: 1, behind: 1 } });
    expect(pool.said('redis_master_moved')).toHaveLength(1);
    await Promise.all([cutOff?.close(), well?.close()]);
  });
});
