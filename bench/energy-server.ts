/** The shipped gateway for a benchmark: says its port, and when it is asked its own times. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { loadSettings, packageRoot } from '../config/settings.js';
import { start } from '../src/main.js';

/** Access lines as they came; they are taken apart only when somebody asks. */
let chunks: Buffer[] = [];

const logSink = new Writable({
  write(chunk: Buffer, _encoding, done) {
    chunks.push(chunk);
    done();
  },
});

/** Milliseconds that the gateway itself spent on each hit since the last question. */
function ownTimes(): number[] {
  const text = Buffer.concat(chunks).toString();
  chunks = [];
  const lines = text.split('\n').filter((line) => line.includes('"outcome":"hit"'));
  return lines.map((line) => Number(/"ms":([\d.]+)/.exec(line)?.[1] ?? NaN));
}

const gateway = await start({
  settings: loadSettings({
    environment: { PORT: '0', OPERATIONS_PORT: '0', ENERGY_AGENTS: process.argv[2] ?? '2048' },
    packageRoot: packageRoot(),
  }),
  version: 'bench',
  nodeVersion: process.version,
  logSink,
  terminal: false,
  askToStop: () => undefined,
  reloads: () => ({ reloads: 0, refused: 0 }),
});

/** As many bytes as a hit of the gradient has, from a server that does nothing else. */
const body = Buffer.alloc(2048, 'x');
const bare = createServer((_req, res) => {
  res.writeHead(200, ['Content-Type', 'application/json', 'Content-Length', String(body.length)]);
  res.end(body);
});
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));

createInterface({ input: process.stdin }).on('line', () => {
  process.stdout.write(`${JSON.stringify(ownTimes())}\n`);
});
const { port } = bare.address() as AddressInfo;
process.stdout.write(`${new URL(gateway.publicUrl).port} ${port}\n`);
