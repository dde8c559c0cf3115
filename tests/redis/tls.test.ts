/** Redis over TLS: who is trusted, who is not, and that no password is ever said in the clear. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer as plainServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as tlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../servers/fetch.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { closePools, get, poolAt, set, untilAnswer, untilWhole } from './kit.js';

const pem = (...path: string[]): string =>
  readFileSync(join(repositoryRoot, 'tests', ...path), 'utf8');
const fixture = (name: string): string => pem('fixtures', 'tls', `${name}.pem`);
const expired = (name: string): string => pem('redis', 'certificates', `${name}.pem`);

const password = 'a password worth keeping';
let redis: RedisServer;
const servers: Server[] = [];
/** What arrived in the clear: decrypted at a TLS server, as it came at a plain one. */
let heard = '';

beforeAll(async () => {
  redis = await startRedis({ persistence: 'none', password });
});
afterAll(() => redis.stop());
afterEach(async () => {
  await closePools();
  for (const server of servers.splice(0)) server.close();
  heard = '';
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Takes TLS off and hands everything on to the real server. */
function behindTls(cert: string, key: string): Promise<number> {
  const server = tlsServer({ cert, key }, (socket) => {
    const inner = connect(redis.port, '127.0.0.1');
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
    });
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  return listen(server);
}

function targetWith(ca: string | undefined, serverName?: string) {
  return { username: undefined, password, tls: { ca, serverName } };
}

describe('a pool over TLS', () => {
  it('is used when its authority is given', async () => {
    const port = await behindTls(fixture('origin'), fixture('origin-key'));
    const pool = poolAt(port, { target: targetWith(fixture('authority')) });
    await untilWhole(pool);
    expect([await set(pool, 'x', 'sealed'), await get(pool, 'x')]).toEqual(['OK', 'sealed']);
    expect(heard).toContain(password);
  });

  it('is used when the certificate bears the name that was asked for', async () => {
    const port = await behindTls(fixture('misnamed'), fixture('misnamed-key'));
    const pool = poolAt(port, { target: targetWith(fixture('authority'), 'other.example') });
    await untilWhole(pool);
    expect(await set(pool, 'x', 'named')).toBe('OK');
  });

  it.each([
    ['no authority is given', 'origin', () => targetWith(undefined)],
    ['another authority signed it', 'origin', () => targetWith(fixture('stranger'))],
    ['it bears another name', 'misnamed', () => targetWith(fixture('authority'))],
  ])('R26, case 125: says no password when %s', async (_why, name, target) => {
    const port = await behindTls(fixture(name), fixture(`${name}-key`));
    const pool = poolAt(port, { target: target() });
    await pool.tried();
    expect(await get(pool, 'x')).toBe('tls');
    expect(heard).toBe('');
    expect(pool.said('redis_down')).toMatchObject([{ level: 'error', reason: 'tls' }]);
  });

  it('R26, case 125: says no password when the certificate has expired', async () => {
    const port = await behindTls(expired('expired'), expired('expired-key'));
    const pool = poolAt(port, { target: targetWith(expired('authority')) });
    await pool.tried();
    expect([await get(pool, 'x'), heard]).toEqual(['tls', '']);
  });

  it('R26, case 125: says no password to a server without TLS', async () => {
    const port = await listen(
      plainServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (bytes) => {
          heard += bytes.toString('latin1');
          socket.end('-ERR unknown command\r\n');
        });
      }),
    );
    const pool = poolAt(port, { target: targetWith(fixture('authority')) });
    await pool.tried();
    expect(await get(pool, 'x')).toBe('tls');
    expect(heard).not.toBe('');
    expect(heard).not.toContain('password');
    expect(heard).not.toMatch(/auth/i);
  });

  it('heals when the certificate is put right', async () => {
    const port = await behindTls(expired('expired'), expired('expired-key'));
    const pool = poolAt(port, { target: targetWith(fixture('authority')) });
    await pool.tried();
    const server = servers[0];
    if (server === undefined || !('setSecureContext' in server)) throw new Error('No TLS server.');
    const renew = server.setSecureContext as (context: object) => void;
    renew.call(server, { cert: fixture('origin'), key: fixture('origin-key') });
    await untilAnswer(() => set(pool, 'x', 'renewed'), 'OK');
  });
});
