/** A process that may open no more files: no way to Redis, and everybody is answered. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, keptAgent } from '../fakes/client.js';
import { endEverything, leydenStart } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { runCommand } from '../servers/commands.js';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { yamlFor } from './fleet-kit.js';

let redis: RedisServer;
let proxy: FaultProxy;
let origin: Origin;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
  proxy = await startFaultProxy({ serverPort: redis.port });
  origin = await openOrigin();
});
afterAll(async () => {
  await endEverything();
  await proxy.close();
  await origin.close();
  await redis.stop();
});

/** Fewer than are open already, so that every file more is one too many. */
const FEW = '16:';
const MANY = '4096:';

async function allowFiles(pid: number | undefined, limit: string): Promise<void> {
  const words = ['--pid', `${pid}`, `--nofile=${limit}`];
  const { succeeded } = await runCommand('prlimit', words, { deadlineMs: 10_000 });
  if (!succeeded) throw new Error('prlimit (util-linux) could not set a limit.');
}

describe('a gateway out of files', () => {
  it('R25: answers without Redis, says why, and uses it when there is room again', async () => {
    const one = await leydenStart(yamlFor(proxy.port, origin.url, 'leyden:'));
    // Connections that are open before the limit: of a caller, of an operator, to the upstream.
    const agents = [keptAgent(1), keptAgent(1)];
    const get = async (path: string): Promise<string> => {
      const headers = { Host: 'fleet.test' };
      const answer = await ask(one.port, path, { headers, ...withAgent(agents[0]) });
      return `${answer.status} ${answer.headers['cache-status']}`;
    };
    const metrics = async (): Promise<string> => {
      const more = { headers: { accept: 'text/plain' }, ...withAgent(agents[1]) };
      return (await ask(one.operationsPort, '/metrics', more)).body;
    };
    const untilMetric = async (line: RegExp): Promise<void> => {
      while (!line.test(await metrics()));
    };
    await untilMetric(/leyden_redis_status\{status="healthy"\} 1/);
    expect(await get('/kept/a')).toMatch(/^200 leyden; fwd=uri-miss/);
    await allowFiles(one.child.pid, FEW);
    proxy.kill();
    await untilMetric(/leyden_redis_errors_total\{op="connect",kind="emfile"\} [1-9]/);
    expect(await get('/kept/b')).toMatch(/^200 leyden; fwd=uri-miss/);
    expect(await get('/kept/a')).toMatch(/^200 leyden; hit/);
    expect(await metrics()).toMatch(/leyden_redis_status\{status="down"\} 1/);
    await allowFiles(one.child.pid, MANY);
    await untilMetric(/leyden_redis_status\{status="healthy"\} 1/);
    expect(one.child.exitCode).toBeNull();
    for (const agent of agents) agent.destroy();
  }, 120_000);
});

function withAgent(agent: ReturnType<typeof keptAgent> | undefined) {
  return agent === undefined ? {} : { agent };
}
