/** Lent servers: only loopback is accepted, and a refusal does not tell the password. */
import { describe, expect, it } from '@jest/globals';
import { lentServer } from './addresses.js';

describe('an address of a lent server', () => {
  it.each([
    ['redis', 'LEYDEN_TEST_REDIS_URL', 'redis://127.0.0.1:7001/2', 7001],
    ['redis', 'LEYDEN_TEST_REDIS_URL', 'redis://[::1]', 6379],
    ['postgres', 'LEYDEN_TEST_PG_DSN', 'postgres://me:secret@localhost:7002/db', 7002],
    ['mariadb', 'LEYDEN_TEST_MYSQL_URL', 'mysql://me:secret@127.8.9.10/db', 3306],
  ] as const)('of %s in %s is accepted on loopback: %s', (kind, variable, url, port) => {
    expect(lentServer(kind, { [variable]: url })).toEqual({ url, port });
  });

  it.each([
    ['redis://10.0.0.7:6379'],
    ['redis://redis.example.com'],
    ['redis://127.0.0.1.example.com'],
    ['redis://127.0.0.1%2eexample.com'],
    ['redis://localhost.example.com'],
    ['redis://127.0.0.1@example.com'],
    ['redis://0.0.0.0'],
    ['redis://%2Fvar%2Frun%2Fredis.sock'],
    ['redis:///var/run/redis.sock'],
  ])('is refused when the server is not on loopback: %s', (url) => {
    expect(() => lentServer('redis', { LEYDEN_TEST_REDIS_URL: url })).toThrow(
      'LEYDEN_TEST_REDIS_URL must name a server on loopback, such as 127.0.0.1.',
    );
  });

  it('is refused with a query, in which a driver would look for another host', () => {
    const environment = { LEYDEN_TEST_PG_DSN: 'postgres://localhost/db?host=db.example.com' };
    expect(() => lentServer('postgres', environment)).toThrow('without a query');
  });

  it('is refused for another protocol, and the sentence does not tell the password', () => {
    const environment = { LEYDEN_TEST_MYSQL_URL: 'http://me:secret@127.0.0.1' };
    expect(() => lentServer('mariadb', environment)).toThrow(
      /^LEYDEN_TEST_MYSQL_URL must be an address that begins with mysql:\/\/\.$/,
    );
  });

  it('is none when the variable is empty or the product has one of its own', () => {
    const environment = { LEYDEN_TEST_REDIS_URL: '', REDIS_URL: 'redis://127.0.0.1' };
    expect(lentServer('redis', environment)).toBeUndefined();
  });
});
