/** The MariaDB that tests start: a real server with a password, private, gone afterwards. */
import { afterEach, expect, it } from '@jest/globals';
import { type RowDataPacket, createConnection } from 'mysql2/promise';
import { type MariadbServer, startMariadb } from './mariadb.js';
import { talkTo } from './talk.js';

let server: MariadbServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function ask(uri: string, text: string): Promise<unknown> {
  const connection = await createConnection({ uri, connectTimeout: 10_000 });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(text);
    return rows[0]?.['answer'];
  } finally {
    connection.destroy();
  }
}

it('a started MariaDB answers, wants the password, and is gone once stopped', async () => {
  server = await startMariadb({ programArguments: ['--max-connections=12'] });
  expect(server.port).not.toBe(3306);
  expect(await ask(server.url, 'SELECT VERSION() AS answer')).toContain('MariaDB');
  expect(await ask(server.url, 'SELECT DATABASE() AS answer')).toBe('leyden');
  expect(await ask(server.url, 'SELECT @@max_connections AS answer')).toBe(12);
  expect(await ask(server.url, 'SELECT @@bind_address AS answer')).toBe('127.0.0.1');
  const stranger = new URL(server.url);
  stranger.password = 'wrong';
  await expect(ask(stranger.href, 'SELECT 1 AS answer')).rejects.toThrow('Access denied');
  await server.stop();
  expect(await talkTo(server.port).ending()).toBe('ECONNREFUSED');
});

it('a MariaDB that cannot start says why', async () => {
  const wrong = startMariadb({ programArguments: ['--no-such-word'] });
  await expect(wrong).rejects.toThrow('no-such-word');
});
