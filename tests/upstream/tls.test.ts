/** Origins over TLS: who is trusted, who is not, and that nothing but HTTP/1.1 is offered. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeOrigins, codeOf, origin, request, text } from './kit.js';

const pem = (name: string): string =>
  readFileSync(join(process.cwd(), 'tests', 'fixtures', 'tls', `${name}.pem`), 'utf8');

const servers: Server[] = [];
const protocols: (string | false | null)[] = [];
async function listen(name: string): Promise<number> {
  const options = {
    cert: pem(name),
    key: pem(`${name}-key`),
    ALPNProtocols: ['h2', 'http/1.1'],
    keepAliveTimeout: 60_000,
  };
  const server = createServer(options, (incoming, outgoing) => {
    protocols.push((incoming.socket as TLSSocket).alpnProtocol);
    outgoing.end(incoming.headers.host);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
afterEach(async () => {
  await closeOrigins();
  for (const server of servers.splice(0)) server.close();
});

describe('an https origin', () => {
  it.each(['127.0.0.1', 'localhost'])('answers when its ca is given: %s', async (host) => {
    const port = await listen('origin');
    const one = origin(`https://${host}:${port}`, { ca: pem('authority'), connections: 1 });
    const ask = async (): Promise<string> => text((await one.fetch(request())).body);
    expect([await ask(), await ask()]).toEqual([`${host}:${port}`, `${host}:${port}`]);
    expect(one.stats().opened).toBe(1);
  });

  it.each([
    ['no ca is given', undefined, 'origin'],
    ['another ca signed it', 'stranger', 'origin'],
    ['it bears another name', 'authority', 'misnamed'],
  ])('is not spoken to when %s', async (_reason, ca, name) => {
    const port = await listen(name);
    const heard = protocols.length;
    const one = origin(`https://127.0.0.1:${port}`, { ca: ca === undefined ? ca : pem(ca) });
    expect(await codeOf(one.fetch(request()))).toBe('connect');
    expect(await codeOf(one.fetch(request()))).toBe('connect');
    expect(protocols).toHaveLength(heard);
    expect(one.stats()).toMatchObject({ inUse: 0, open: 0, opened: 0, errors: { connect: 2 } });
  });

  it('case 67: is offered HTTP/1.1 only, although it would speak HTTP/2', async () => {
    const port = await listen('origin');
    const one = origin(`https://127.0.0.1:${port}`, { ca: pem('authority') });
    await text((await one.fetch(request())).body);
    expect(protocols.at(-1)).toBe('http/1.1');
  });
});
