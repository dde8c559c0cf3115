/** A gateway with a second tier to be measured: it prints its port and runs until killed. */
import { createServer } from 'node:http';
import { createWriteStream, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, packageRoot } from '../config/settings.js';
import { start } from '../src/main.js';

const [, , redisPort = '', entriesMax = '', bytes = '300'] = process.argv;
const body = Buffer.alloc(Number(bytes), 'x');

const origin = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.byteLength });
  response.end(body);
});
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
const { port } = origin.address() as AddressInfo;
const file = join(mkdtempSync(join(tmpdir(), 'leyden-bench-')), 'gateway.yaml');
writeFileSync(
  file,
  `upstreams: { origin: { url: "http://127.0.0.1:${port}" } }\n` +
    `memory: { maxEntries: ${entriesMax} }\n` +
    // A busy machine must not turn hits into misses: those are another thing to measure.
    `redis: { url: "redis://127.0.0.1:${redisPort}", timeout: { read: 1s, write: 1s } }\n` +
    'secret: "a secret for the benchmark, which is no secret at all"\n' +
    'routes: [{ path: /slow/**, upstream: origin, cache: { ttl: 1h } }]\n',
);
const gateway = await start({
  settings: loadSettings({
    file,
    environment: { PORT: '0', OPERATIONS_PORT: '0' },
    packageRoot: packageRoot(),
  }),
  version: 'bench',
  nodeVersion: process.version,
  logSink: createWriteStream('/dev/null', { fd: openSync('/dev/null', 'w') }),
  terminal: false,
  askToStop: () => undefined,
  reloads: () => ({ reloads: 0, refused: 0 }),
});
process.stdout.write(`${new URL(gateway.publicUrl).port} ${gateway.operationsUrl}\n`);
