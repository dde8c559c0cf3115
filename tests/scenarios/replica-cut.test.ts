/** A gateway at a replica that lost its master: what was purged is not given from the replica. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { settle } from '../fakes/waiting.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { askRedis } from '../servers/redis-ask.js';
import { yamlFor } from './fleet-kit.js';

const PREFIX = 'leyden:cut:';
/** Nobody listens there. */
const NOBODY = '1';

let origin: Origin;
let servers: RedisServer[];
let gateways: RunningGateway[];

beforeEach(async () => {
  origin = await openOrigin();
  const configuration = ['repl-diskless-sync-delay 0'];
  const master = await startRedis({ persistence: 'none', configuration });
  const followed = [...configuration, `replicaof 127.0.0.1 ${master.port}`];
  servers = [master, await startRedis({ persistence: 'none', configuration: followed })];
  gateways = [];
  for (const { port } of servers) {
    gateways.push(await openGateway(yamlFor(port, origin.url, PREFIX)));
  }
});
afterEach(async () => {
  await Promise.all(gateways.map((one) => one.close()));
  await origin.close();
  await Promise.all(servers.map((one) => one.stop()));
});

async function word(at: RunningGateway | undefined, path: string): Promise<string> {
  const answer = await ask(at?.port ?? 0, path, { headers: { Host: 'fleet.test' } });
  return String(answer.headers['cache-status']);
}

async function fleetOf(at: RunningGateway | undefined): Promise<Record<string, unknown>> {
  const page = await fetch(`http://127.0.0.1:${String(at?.operationsPort)}/metrics`);
  return ((await page.json()) as { fleet: Record<string, unknown> }).fleet;
}

async function untilInStep(at: RunningGateway | undefined, isSo: boolean): Promise<void> {
  while ((await fleetOf(at))['in_step'] !== isSo) await settle(1);
}

async function purgeAll(at: RunningGateway | undefined): Promise<unknown> {
  const url = `http://127.0.0.1:${String(at?.operationsPort)}/admin/cache/invalidate`;
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({
    type: 'tag',
    selectors: ['kept'],
    mode: 'delete',
    wait: 'cluster',
  });
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

describe('a gateway at a replica', () => {
  it('computes what was purged while its replica was cut off', async () => {
    const [one, two] = gateways;
    await untilInStep(one, true);
    await untilInStep(two, true);
    expect((await fleetOf(one))['node']).toMatch(/:[0-9a-f]{12}$/);
    for (const path of ['/kept/a', '/kept/b']) await word(one, path);
    const replicaPort = servers[1]?.port ?? 0;
    const kept = (): Promise<unknown> => askRedis(replicaPort, ['keys', `${PREFIX}*:entry`]);
    while (((await kept()) as unknown[]).length < 2) await settle(1);
    expect(await word(two, '/kept/a')).toContain('hit');
    await askRedis(replicaPort, ['replicaof', '127.0.0.1', NOBODY]);
    await untilInStep(two, false);
    expect(await purgeAll(one)).toBe(200);
    expect(await word(two, '/kept/b')).toContain('fwd=');
  });
});
