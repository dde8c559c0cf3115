/** A real PostgreSQL server for a test: private data, free port, password by SCRAM. */
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lentServer } from './addresses.js';
import { runCommand } from './commands.js';
import { makePrivateDirectory } from './lifetimes.js';
import { findPostgres } from './postgres-program.js';
import { onFreePort, removeDirectory, startProcess } from './server-process.js';

export interface PostgresOptions {
  /** Settings of the server, such as `{ max_connections: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  readonly port: number;
  /** `postgres://user:password@127.0.0.1:port/database`. */
  readonly dsn: string;
  /** Ends it and removes its data. A lent server stays as it is. */
  stop(): Promise<void>;
}

const INITDB_MS_MAX = 60_000;
const USER = 'leyden';
const PASSWORD = 'only-for-tests';
/** The user without rights that every system has; PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const PROTOCOL_VERSION = 196_608;

/** A server of its own, or the lent one when no option asks for more than that. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const lent = lentServer('postgres');
  if (lent !== undefined && Object.keys(options).length === 0) {
    return { port: lent.port, dsn: lent.url, stop: () => Promise.resolve() };
  }
  const directory = makePrivateDirectory();
  try {
    const user = process.getuid?.() === 0 ? NOBODY : undefined;
    const programs = await findPostgres(directory, user);
    const data = join(directory, 'data');
    await makeData(programs, directory, data, user);
    return await onFreePort((port) => start({ programs, directory, data, port, user, options }));
  } catch (error) {
    await removeDirectory(directory);
    throw error;
  }
}

async function makeData(
  programs: string,
  directory: string,
  data: string,
  user: number | undefined,
): Promise<void> {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  await mkdir(data, { mode: 0o700 });
  if (user !== undefined) {
    await chown(passwordFile, user, user);
    await chown(data, user, user);
  }
  const words = [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`];
  const choices = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const made = await runCommand(join(programs, 'initdb'), [...words, ...choices], {
    deadlineMs: INITDB_MS_MAX,
    directory,
    ...(user === undefined ? {} : { user }),
  });
  if (!made.succeeded) throw new Error(`PostgreSQL made no data: ${made.output.slice(-600)}`);
}

interface Start {
  readonly programs: string;
  readonly directory: string;
  readonly data: string;
  readonly port: number;
  readonly user: number | undefined;
  readonly options: PostgresOptions;
}

async function start(wish: Start): Promise<PostgresServer> {
  const { programs, directory, data, port, user, options } = wish;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    ...options.settings,
  };
  const server = await startProcess({
    name: 'PostgreSQL',
    program: join(programs, 'postgres'),
    programArguments: [
      ...['-D', data, '-p', String(port)],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    environment: {},
    directory,
    port,
    deathSignal: 'QUIT',
    greeting: startupMessage(),
    // 'R' asks for the password; while it still starts it answers with 'E', an error.
    isReady: (answer) => answer[0] === 0x52,
    ...(user === undefined ? {} : { user }),
  });
  return {
    port,
    dsn: `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`,
    async stop() {
      // "Fast": it sends its clients away instead of waiting for them.
      await server.end('SIGINT');
      await removeDirectory(directory);
    },
  };
}

/** What a client says first: length, protocol 3.0, pairs of names and values, a zero. */
function startupMessage(): Buffer {
  const pairs = Buffer.from(`user\0${USER}\0database\0postgres\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + pairs.length, 0);
  head.writeInt32BE(PROTOCOL_VERSION, 4);
  return Buffer.concat([head, pairs]);
}
