/** What a scrape costs: CPU time of /metrics at many routes, each of which has seen everything. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadSettings, packageRoot } from '../config/settings.js';
import { start } from '../src/main.js';
import { median, table } from './table.js';

const ROUTES = [1, 10, 100, 300];
const SCRAPES = 60;
const FORMS = {
  JSON: 'application/json',
  Prometheus: 'text/plain',
  OpenMetrics: 'application/openmetrics-text',
};

interface Scraped {
  readonly cpuMs: number;
  readonly bytes: number;
  readonly series: number;
}

async function scrape(url: string, accept: string): Promise<Scraped> {
  const ms: number[] = [];
  let text = '';
  for (let nth = 0; nth < SCRAPES; nth += 1) {
    const before = process.cpuUsage();
    const answer = await fetch(`${url}/metrics`, { headers: { accept } });
    text = await answer.text();
    const { user, system } = process.cpuUsage(before);
    ms.push((user + system) / 1000);
  }
  // Asking and reading is this process's work too, so the gateway's own share is smaller.
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  return { cpuMs: median(ms), bytes: text.length, series };
}

/** A hit, a miss, an error, a refusal and a bypass on each route. */
async function touchAll(publicUrl: string, routes: number): Promise<void> {
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<void> => {
    await (await fetch(publicUrl + path, { headers })).arrayBuffer();
  };
  for (let nth = 0; nth < routes; nth += 1) {
    await ask(`/r${nth}/x`);
    await ask(`/r${nth}/x`);
    await ask(`/r${nth}/private`);
    await ask(`/r${nth}/500`);
    await ask(`/r${nth}/x`, { cookie: 'a=1' });
  }
}

async function measure(port: number, routes: number): Promise<(string | number)[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'leyden-bench-'));
  const file = join(folder, 'gateway.yaml');
  const lines = Array.from(
    { length: routes },
    (_, nth) => `  - { path: /r${nth}/**, upstream: origin, cache: { ttl: 1h } }`,
  );
  writeFileSync(
    file,
    `upstreams: { origin: { url: "http://127.0.0.1:${port}" } }\nroutes:\n${lines.join('\n')}\n`,
  );
  const environment = { PORT: '0', OPERATIONS_PORT: '0' };
  const gateway = await start({
    settings: loadSettings({ file, environment, packageRoot: packageRoot() }),
    version: 'bench',
    nodeVersion: process.version,
    logSink: new Writable({
      write(_chunk, _encoding, done) {
        done();
      },
    }),
    terminal: false,
    askToStop: () => undefined,
    reloads: () => ({ reloads: 0, refused: 0 }),
  });
  try {
    await touchAll(gateway.publicUrl, routes);
    const rows: (string | number)[][] = [];
    for (const [name, accept] of Object.entries(FORMS)) {
      const { cpuMs, bytes, series } = await scrape(gateway.operationsUrl, accept);
      const lines = name === 'JSON' ? '-' : series;
      rows.push([name, routes, lines, Math.round(bytes / 1024), cpuMs.toFixed(2)]);
    }
    return rows;
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function scrapes(): Promise<void> {
  const origin = createServer((req, res) => {
    if (req.url?.endsWith('private') === true) res.setHeader('Cache-Control', 'private');
    res.writeHead(req.url?.endsWith('500') === true ? 500 : 200).end('x');
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const { port } = origin.address() as AddressInfo;
  const rows: (string | number)[][] = [];
  for (const routes of ROUTES) rows.push(...(await measure(port, routes)));
  await new Promise((resolve) => origin.close(resolve));
  const head = ['form', 'routes', 'series', 'KiB', 'CPU ms a scrape'];
  process.stdout.write(`${table(head, rows)}\n`);
}
