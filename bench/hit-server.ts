/** One of the servers that are compared: it prints its port and answers until it is killed. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, openSync, writeFileSync, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import { loadSettings, packageRoot } from '../config/settings.js';
import { start } from '../src/main.js';

const [, , kind = '', bytes = '300'] = process.argv;
const body = Buffer.alloc(Number(bytes), 'x');

/** As many fields, and as many bytes of them, as an answer of the gateway has. */
const FIELDS = [
  ...['Content-Type', 'application/json'],
  ...['Cache-Control', 'private, no-cache'],
  ...['ETag', '"0123456789abcdefghijklmnopq"'],
  ...['Vary', 'Authorization'],
  ...['Content-Length', String(body.byteLength)],
  ...['Age', '12'],
  ...['Cache-Status', 'leyden; hit; ttl=3588; detail=l1'],
  ...['X-Cache', 'HIT'],
  ...['Server-Timing', 'cache;desc=hit'],
  ...['X-Request-Id', 'EZlC_VHlYIvA5GEj2N0npg.1'],
];

function say(port: number): void {
  process.stdout.write(`${port}\n`);
}

function bare(): void {
  const server = createServer((_req, res) => {
    res.writeHead(200, FIELDS);
    res.end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    say((server.address() as AddressInfo).port);
  });
}

function apicache(): void {
  const cache = createRequire(import.meta.url)('apicache') as {
    middleware(duration: string): RequestHandler;
  };
  const app = express();
  app.get('/slow', cache.middleware('1 hour'), (_req, res) => {
    res.type('json').send(body);
  });
  const server = app.listen(0, '127.0.0.1', () => {
    say((server.address() as AddressInfo).port);
  });
}

async function leyden(): Promise<void> {
  const origin = createServer((_req, res) => {
    res.writeHead(200, [
      'Content-Type',
      'application/json',
      'Content-Length',
      String(body.byteLength),
    ]);
    res.end(body);
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const { port } = origin.address() as AddressInfo;
  const file = join(mkdtempSync(join(tmpdir(), 'leyden-bench-')), 'gateway.yaml');
  writeFileSync(
    file,
    `upstreams: { origin: { url: "http://127.0.0.1:${port}" } }\n` +
      'routes: [{ path: /slow, upstream: origin, cache: { ttl: 1h } }]\n',
  );
  const environment = { PORT: '0', OPERATIONS_PORT: '0' };
  const gateway = await start({
    settings: loadSettings({ file, environment, packageRoot: packageRoot() }),
    version: 'bench',
    nodeVersion: process.version,
    // The access line is written as in service, to where it costs no disk.
    logSink: createWriteStream('/dev/null', { fd: openSync('/dev/null', 'w') }),
    terminal: false,
    askToStop: () => undefined,
    reloads: () => ({ reloads: 0, refused: 0 }),
  });
  say(Number(new URL(gateway.publicUrl).port));
}

if (kind === 'bare') bare();
else if (kind === 'apicache') apicache();
else await leyden();
