/** The two ends of a stampede: a slow origin that counts, or a gateway, until it is killed. */
import { createWriteStream, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadSettings, packageRoot } from '../config/settings.js';
import { start } from '../src/main.js';

/** What the origin has done since it was last asked. */
export interface Counted {
  readonly computations: number;
  /** When the first answer left, on the wall clock. */
  readonly firstMs: number;
}

const [, , kind = '', first = '', second = ''] = process.argv;
const body = Buffer.alloc(300, 'x');
const FIELDS = ['Content-Type', 'application/json', 'Content-Length', String(body.byteLength)];

function say(word: string): void {
  process.stdout.write(`${word}\n`);
}

/** `/alone` is each caller's own. */
function origin(computeMs: number): void {
  let counted: Counted = { computations: 0, firstMs: 0 };
  const server = createServer((req, res) => {
    counted = { ...counted, computations: counted.computations + 1 };
    const more = req.url === '/alone' ? ['Cache-Control', 'no-store'] : [];
    setTimeout(() => {
      const nowMs = performance.timeOrigin + performance.now();
      if (counted.firstMs === 0) counted = { ...counted, firstMs: nowMs };
      res.writeHead(200, [...FIELDS, ...more]);
      res.end(body);
    }, computeMs);
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
    say(String((server.address() as AddressInfo).port));
  });
  createInterface({ input: process.stdin }).on('line', () => {
    say(JSON.stringify(counted));
    counted = { computations: 0, firstMs: 0 };
  });
}

async function gateway(originPort: string, settings: string): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), 'leyden-bench-')), 'gateway.yaml');
  const url = `http://127.0.0.1:${originPort}`;
  writeFileSync(
    file,
    `upstreams: { origin: { url: "${url}" } }\n` +
      `routes: [{ path: "/*", upstream: origin, cache: { ttl: 1h } }]\n${settings}`,
  );
  const opened = await start({
    settings: loadSettings({
      file,
      environment: { PORT: '0', OPERATIONS_PORT: '0' },
      packageRoot: packageRoot(),
    }),
    version: 'bench',
    nodeVersion: process.version,
    // The access line is written as in service, to where it costs no disk.
    logSink: createWriteStream('/dev/null', { fd: openSync('/dev/null', 'w') }),
    terminal: false,
    askToStop: () => undefined,
    reloads: () => ({ reloads: 0, refused: 0 }),
  });
  say(new URL(opened.publicUrl).port);
}

if (kind === 'origin') origin(Number(first));
else await gateway(first, second);
