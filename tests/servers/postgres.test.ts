/** The PostgreSQL that tests start: a real server with real passwords, private, gone afterwards. */
import { afterEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { type PostgresServer, startPostgres } from './postgres.js';
import { talkTo } from './talk.js';

let server: PostgresServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function ask(dsn: string, text: string, values: readonly string[] = []): Promise<unknown> {
  const client = new pg.Client({ connectionString: dsn, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(text, [...values]);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

it('a started PostgreSQL answers, wants the password, and is gone once stopped', async () => {
  server = await startPostgres({ settings: { max_connections: '7' } });
  expect(server.port).not.toBe(5432);
  expect(await ask(server.dsn, 'SELECT $1::text AS answer', ['hello'])).toBe('hello');
  const setting = (name: string): Promise<unknown> =>
    ask(server!.dsn, 'SELECT current_setting($1) AS answer', [name]);
  expect(Number(await setting('server_version_num'))).toBeGreaterThanOrEqual(180_000);
  expect(await setting('max_connections')).toBe('7');
  expect(await setting('listen_addresses')).toBe('127.0.0.1');
  const stranger = new URL(server.dsn);
  stranger.password = 'wrong';
  await expect(ask(stranger.href, 'SELECT 1 AS answer')).rejects.toThrow('password');
  await server.stop();
  expect(await talkTo(server.port).ending()).toBe('ECONNREFUSED');
});

it('a PostgreSQL that cannot start says why', async () => {
  const wrong = startPostgres({ settings: { no_such_setting: '1' } });
  await expect(wrong).rejects.toThrow('no_such_setting');
});
