/** The load balancer, as a real HAProxy before real gateways: who asked, what stays inside. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { endEverything, leydenStart, type RunningLeyden } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { makePrivateDirectory } from '../servers/lifetimes.js';
import { freePort, removeDirectory, startProcess } from '../servers/server-process.js';
import type { ServerProcess } from '../servers/server-process.js';
import { findHaproxy, runProgram, type Program } from './programs.js';
import { textOf } from './stack.js';

const SET_UP_MS = 200_000;
const DEADLINE_MS = 30_000;
/** Requests after the end of the first gateway. */
const MORE = 100;
const shipped = textOf('docker', 'haproxy', 'haproxy.cfg');
let haproxy: Program;
let origin: Origin;
let gateways: RunningLeyden[];
let balancer: ServerProcess | undefined;
let directory = '';
let port: number;
let numbersPort: number;

/** The shipped file with the addresses of this machine in place of those of the stack. */
function moved(first: number, second: number): string {
  return (
    shipped
      // An ordinary user may open fewer files than a container.
      .replace('maxconn 10000', 'maxconn 200')
      .replace('bind :8080', `bind 127.0.0.1:${port}`)
      .replace('bind :8404', `bind 127.0.0.1:${numbersPort}`)
      .replace('gateway-1:8080', `127.0.0.1:${first}`)
      .replace('gateway-2:8080', `127.0.0.1:${second}`)
  );
}

function routes(): string {
  return `
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /kept/**, upstream: some, cache: { ttl: 30s } }
  - { path: /**, upstream: some }
`;
}

beforeAll(async () => {
  haproxy = await findHaproxy();
  origin = await openOrigin();
  // A name of the outside in the Host field is what the gateways of the stack take as well.
  const environment = {
    LEYDEN_SERVER_HOSTS: 'leyden.example,localhost',
    LEYDEN_SERVER_TRUSTED_PROXIES: '127.0.0.1/32',
    LEYDEN_SERVER_PRE_STOP: '3s',
  };
  gateways = [await leydenStart(routes(), environment), await leydenStart(routes(), environment)];
  directory = makePrivateDirectory();
  [port, numbersPort] = [await freePort(), await freePort()];
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(file, moved(gateways[0]!.port, gateways[1]!.port));
  balancer = await startProcess({
    ...{ name: 'HAProxy', directory, port, deathSignal: 'KILL' as const },
    program: haproxy.path,
    programArguments: ['-db', '-f', file],
    environment: haproxy.environment,
    greeting: 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    isReady: (answer) => answer.toString('latin1').startsWith('HTTP/1.1 200'),
  });
}, SET_UP_MS);

afterAll(async () => {
  await balancer?.end('SIGTERM');
  if (directory !== '') await removeDirectory(directory);
  await endEverything();
  await origin.close();
});

const leyden = { Host: 'leyden.example' };

describe('the file of the load balancer', () => {
  it('is valid, and HAProxy misses in it nothing but the gateways', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leyden-haproxy-'));
    try {
      const file = join(folder, 'haproxy.cfg');
      writeFileSync(file, shipped);
      const { succeeded, output } = await runProgram(haproxy, ['-c', '-f', file], {
        deadlineMs: DEADLINE_MS,
      });
      const warnings = output.split('\n').filter((line) => /WARNING|ALERT/.test(line));
      expect(succeeded).toBe(true);
      expect(warnings.filter((line) => !line.includes('could not resolve address'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('through the load balancer', () => {
  it('answers come from both gateways, each of which is asked', async () => {
    for (let n = 0; n < 8; n += 1) await ask(port, '/kept/same', { headers: leyden });
    // Each gateway computed it once, for they share nothing here; all others were hits.
    expect(origin.countOf('/kept/same')).toBe(2);
  });

  it('an upstream hears who asked from the load balancer, and not what a client says', async () => {
    const headers = {
      ...leyden,
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'elsewhere.example',
      Forwarded: 'for=203.0.113.7',
    };
    expect((await ask(port, '/plain', { headers })).status).toBe(200);
    const heard = origin.calls.find(({ target }) => target === '/plain')?.rawHeaders.join('\n');
    expect(heard).not.toMatch(/203\.0\.113\.7|elsewhere\.example/);
    expect(heard).toMatch(/X-Forwarded-For\n127\.0\.0\.1/i);
    expect(heard).toMatch(/X-Forwarded-Proto\nhttp(\n|$)/i);
  });

  it.each(['/metrics', '/metrics/prometheus', '/METRICS'])('%s stays inside', async (path) => {
    const before = origin.calls.length;
    expect((await ask(port, path, { headers: leyden })).status).toBe(404);
    expect(origin.calls.length).toBe(before);
  });

  it('its own numbers are for Prometheus', async () => {
    const { status, body } = await ask(numbersPort, '/metrics');
    expect([status, body]).toEqual([200, expect.stringContaining('haproxy_backend_status')]);
    expect((await ask(numbersPort, '/stats')).status).toBe(404);
  });
});

describe('a rolling restart', () => {
  it('loses no request: who drains is left before it closes its door', async () => {
    const statuses = new Map<number, number>();
    let wanted = Number.POSITIVE_INFINITY;
    const client = async (name: number): Promise<void> => {
      for (let n = 0; (statuses.get(200) ?? 0) < wanted; n += 1) {
        const { status } = await ask(port, `/plain/${name}/${n}`, { headers: leyden });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status !== 200) return;
      }
    };
    const clients = [client(1), client(2), client(3)];
    gateways[0]!.signal('SIGTERM');
    const ended = await gateways[0]!.ended;
    // And on for a while with the one that is left.
    wanted = (statuses.get(200) ?? 0) + MORE;
    await Promise.all(clients);
    expect(ended).toMatchObject({ code: 0 });
    expect([...statuses.keys()]).toEqual([200]);
  });
});
