/** The secrets that the script makes: all that the stack names, long, at random, and once. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../config/settings.js';
import { runCommand } from '../servers/commands.js';
import { repositoryRoot } from '../servers/fetch.js';
import { dockerFolder, stack } from './stack.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const make = (folder: string) =>
  runCommand('/bin/sh', [join(dockerFolder, 'make-secrets.sh'), folder], { deadlineMs: 20_000 });

async function made(): Promise<{ folder: string; secrets: Record<string, string> }> {
  const folder = join(mkdtempSync(join(tmpdir(), 'leyden-secrets-')), 'secrets');
  folders.push(join(folder, '..'));
  expect(await make(folder)).toMatchObject({ succeeded: true });
  return { folder, secrets: contentOf(folder) };
}

const contentOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

describe('make-secrets.sh', () => {
  it('makes every secret that the stack names, where it looks for them', async () => {
    const { secrets } = await made();
    expect(Object.keys(secrets).sort()).toEqual(Object.keys(stack.secrets).sort());
    for (const [name, { file }] of Object.entries(stack.secrets)) {
      expect(file).toBe(`\${SECRETS_FOLDER:-./secrets}/${name}`);
    }
  });

  it('makes others each time, and closes the folder to everybody else', async () => {
    const [one, other] = [await made(), await made()];
    expect(statSync(one.folder).mode & 0o777).toBe(0o700);
    for (const [name, text] of Object.entries(one.secrets)) {
      expect(text).toMatch(/[0-9a-f]{64}/);
      expect(other.secrets[name]).not.toBe(text);
    }
  });

  it('leaves what is there as it is, and makes what is missing', async () => {
    const { folder, secrets } = await made();
    writeFileSync(join(folder, 'redis_password'), 'mine\n');
    rmSync(join(folder, 'redis_auth.conf'));
    expect((await make(folder)).output).toBe(`made ${join(folder, 'redis_auth.conf')}\n`);
    expect(contentOf(folder)).toEqual({
      ...secrets,
      redis_password: 'mine\n',
      'redis_auth.conf': 'requirepass mine\n',
    });
  });

  it('makes what the gateway takes', async () => {
    const { folder, secrets } = await made();
    const file = (name: string): string => join(folder, name);
    const settings = loadSettings({
      file: undefined,
      environment: {
        OPERATIONS_TOKEN_FILE: file('operations_token'),
        LEYDEN_SECRET_FILE: file('leyden_secret'),
        REDIS_HOST: 'redis-cache',
        REDIS_PASSWORD_FILE: file('redis_password'),
        PG_DSN_FILE: file('pg_dsn'),
        MYSQL_DATABASE_URL_FILE: file('mysql_dsn'),
        NEO4J_PASSWORD_FILE: file('neo4j_password'),
      },
      packageRoot: repositoryRoot,
    });
    expect(settings.operations.token).toBe(secrets['operations_token']?.trim());
    // Through PgBouncer, or it would be started and passed by.
    expect(settings.postgres.url).toMatch(/^postgresql:\/\/leyden:[0-9a-f]{64}@pgbouncer:6432\//);
    expect(settings.mysql.url).toMatch(/@mariadb:3306\/leyden$/);
  });
});
