/** Request bodies above the limit: refused before they are sent, or cut off where they pass it. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { systemClock } from '../../src/clock.js';
import { openOrigin, type Origin } from '../../src/upstream/http.js';
import { OPTIONS } from './kit.js';

let server: Server | undefined;
let origin: Origin | undefined;

afterEach(async () => {
  await origin?.destroy();
  server?.closeAllConnections();
  server?.close();
});

async function openUpstream(requestBytesMax: number): Promise<{ readonly whole: string[] }> {
  const whole: string[] = [];
  server = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      whole.push(text);
      res.end('ok');
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  origin = openOrigin(`http://127.0.0.1:${port}`, { ...OPTIONS, requestBytesMax }, systemClock);
  return { whole };
}

const post = (body: Readable | Buffer, headers: readonly string[] = []) => ({
  ...{ upstream: 'u', id: 'r1', method: 'POST', target: '/', headers, body },
  signal: undefined,
  priority: 'foreground' as const,
});

describe('a request body', () => {
  it('that declares too much is 413, and the upstream sees nothing of it', async () => {
    const { whole } = await openUpstream(10);
    const asked = origin?.fetch(post(Readable.from(['x'.repeat(11)]), ['Content-Length', '11']));
    await expect(asked).rejects.toMatchObject({ code: 'body_too_large' });
    expect(whole).toEqual([]);
  });

  it('that turns out too long while it streams is 413, and never arrives whole', async () => {
    const { whole } = await openUpstream(10);
    const body = Readable.from(['x'.repeat(8), 'y'.repeat(8)], { objectMode: false });
    await expect(origin?.fetch(post(body))).rejects.toMatchObject({ code: 'body_too_large' });
    expect(whole).toEqual([]);
  });

  it('of exactly the limit passes', async () => {
    const { whole } = await openUpstream(10);
    const body = Readable.from(['x'.repeat(10)], { objectMode: false });
    expect((await origin?.fetch(post(body)))?.status).toBe(200);
    expect(whole).toEqual(['x'.repeat(10)]);
  });
});
