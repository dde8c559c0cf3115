/** Workers that die, hang, are told new settings, and end: nobody else notices. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endEverything } from '../fakes/leyden-process.js';
import { openChance } from '../simulation/chance.js';
import { oneToEach, startWorkers, untilSo, type Metrics, type Workers } from './workers-kit.js';

let all: Workers;
beforeAll(async () => {
  all = await startWorkers();
});
afterAll(async () => {
  await endEverything();
  await all.origin.close();
});

const totals = ({ http_cache: cache }: Metrics): readonly number[] => [
  ...[cache.hits, cache.misses, cache.total_requests, cache.stored],
];

/** One that is asked all the time, one that passes by; all others are random. */
const PATHS: readonly string[] = ['/kept/steady', '/passed/by'];

describe('a worker that is killed under traffic', () => {
  it('costs nobody else an answer, and no counter goes back', async () => {
    const agents = await oneToEach(all, '/kept/steady');
    let seen = totals(await all.metrics());
    const traffic = { goes: true };
    const chance = openChance(20_260);
    const failed = agents.map(async (agent) => {
      while (traffic.goes) {
        const at = chance.below(8);
        try {
          await all.get(PATHS[at] ?? `/kept/random-${at}`, { agent });
        } catch {
          return true;
        }
      }
      return false;
    });
    const watching = (async () => {
      while (traffic.goes) {
        const metrics = await all.metrics();
        const now = totals(metrics);
        expect(now.every((count, at) => count >= (seen[at] ?? 0))).toBe(true);
        const [hits = 0, misses = 0, requests = 0] = now;
        expect(requests).toBe(hits + misses);
        const rate = metrics.http_cache.hit_rate_percent;
        expect(rate).toBeCloseTo(requests === 0 ? 0 : (100 * hits) / requests, 1);
        seen = now;
      }
    })();
    await all.signalTo(1, 'SIGKILL');
    await all.said(/"event":"worker_died","worker":1,/);
    await all.pid(3);
    const back = await untilSo(all.metrics, ({ workers }) => workers === 2);
    traffic.goes = false;
    await watching;
    // The two connections were with two workers: one of them was cut, and the other never was.
    expect((await Promise.all(failed)).filter(Boolean)).toHaveLength(1);
    expect(back.worker_processes).toMatchObject({ alive: 2, deaths: 1, restarts: 1, missing: [] });
    expect(back.uptime_seconds).toBeGreaterThan(0);
    // Who takes its place gets from the other what that one holds.
    expect(all.origin.countOf('/kept/steady')).toBe(1);
    for (const agent of agents) agent.destroy();
  });

  it('gives up what it computed for all, and the next in line computes it', async () => {
    const agents = await oneToEach(all, '/kept/steady');
    const held: (() => void)[] = [];
    all.origin.answer((_req, res) => {
      held.push(() => res.end('in the end'));
    });
    const before = all.origin.calls.length;
    const callers = agents.map((agent) =>
      all.get('/kept/orphan', { agent }).then(
        ({ body }) => body,
        () => 'cut',
      ),
    );
    await all.origin.asked(before + 1);
    await untilSo(all.metrics, ({ held: now }) => now['waiters'] === 2);
    const { body } = await all.operate('GET', '/admin/cache/flights');
    const flights = body['flights'] as { worker: number; running_ms: number }[];
    expect(flights).toHaveLength(1);
    await all.signalTo(flights[0]?.worker ?? 0, 'SIGKILL');
    await all.origin.asked(before + 2);
    for (const answer of held) answer();
    const bodies = await Promise.all(callers);
    all.origin.answer(undefined);
    expect(bodies.sort()).toEqual(['cut', 'in the end']);
    for (const agent of agents) agent.destroy();
    await untilSo(all.metrics, ({ workers }) => workers === 2);
  });
});

describe('a worker that hangs', () => {
  it('is named as missing, holds up nobody, and has the purge when it is back', async () => {
    const { body } = await all.operate('GET', '/admin/cache/explain?url=/kept/steady');
    const worker = Number(body['worker']);
    await all.signalTo(worker, 'SIGSTOP');
    const missing = `worker ${worker}`;
    const without = await untilSo(all.metrics, (now) => now.worker_processes.missing.length > 0);
    expect(without.worker_processes.missing).toEqual([missing]);
    const order = { type: 'path', selectors: ['/kept/steady'], mode: 'delete' };
    const purged = await all.operate('POST', '/admin/cache/invalidate', order);
    expect(purged).toMatchObject({ status: 202, body: { pending: 1, waiting_for: [missing] } });
    await all.signalTo(worker, 'SIGCONT');
    const past = await untilSo(
      () => all.operate('GET', `/admin/cache/invalidations/${String(purged.body['id'])}`),
      (now) => now.body['pending'] === 0,
    );
    expect(past.body['acked']).toBe(2);
    await untilSo(all.metrics, (now) => now.worker_processes.missing.length === 0);
  });
});

describe('a changed settings file', () => {
  it('is taken by all workers, or by none', async () => {
    const good = readFileSync(all.file, 'utf8');
    writeFileSync(all.file, good.replace('path: /passed/**', 'path: /renamed/**'));
    all.signal('SIGHUP');
    await all.said(/"event":"settings_applied","worker":\d+[^]*"event":"settings_applied"/);
    const answers = [];
    for (let nth = 0; nth < 4; nth += 1) answers.push((await all.get('/renamed/x')).status);
    expect(answers).toEqual([200, 200, 200, 200]);
    writeFileSync(all.file, good.replace('path: /passed/**', 'path: passed'));
    all.signal('SIGHUP');
    await all.said(/"event":"settings_refused"/);
    expect((await all.get('/renamed/x')).status).toBe(200);
    const { held } = await all.metrics();
    expect(held).toMatchObject({ settings_refused: 1 });
    expect(held['settings_reloads']).toBeGreaterThan(0);
  });
});

describe('SIGTERM to the primary', () => {
  it('lets every worker finish what it has, and ends with 0', async () => {
    const held: (() => void)[] = [];
    all.origin.answer((_req, res) => {
      held.push(() => res.end('finished'));
    });
    const before = all.origin.calls.length;
    const callers = Array.from({ length: 4 }, (_, nth) => all.get(`/renamed/${nth}`));
    await all.origin.asked(before + 4);
    all.signal('SIGTERM');
    await all.said(/"event":"shutdown_begins"/);
    const { status, body } = await all.operate('GET', '/health/ready');
    expect([status, body['reason']]).toEqual([503, 'draining']);
    for (const answer of held) answer();
    const bodies = (await Promise.all(callers)).map((answer) => answer.body);
    expect(bodies).toEqual(['finished', 'finished', 'finished', 'finished']);
    const ended = await all.ended;
    expect([ended.code, ended.signal]).toEqual([0, null]);
  });
});
