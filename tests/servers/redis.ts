/** A real Redis server for a test: private directory, free port, nothing kept unless asked. */
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lentServer } from './addresses.js';
import { findOnPath, isExecutable, majorVersion } from './commands.js';
import { fetchPackages, libraryEnvironment } from './fetch.js';
import { makePrivateDirectory } from './lifetimes.js';
import { knownMissing } from './missing.js';
import { askRedis } from './redis-ask.js';
import { deniedIn, helperUser, redisUrl, userLines } from './redis-users.js';
import { type ServerProcess, onFreePort, removeDirectory, startProcess } from './server-process.js';

export interface RedisOptions {
  /** Lines of the configuration file, such as `maxmemory 1mb`; later ones win. */
  readonly configuration?: readonly string[];
  /** Words for the command line, such as `--sentinel`. */
  readonly programArguments?: readonly string[];
  readonly password?: string;
  readonly persistence?: 'none' | 'append-only';
  /** A free one is chosen when none is given. */
  readonly port?: number;
}

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** The private directory; undefined for a lent server. */
  readonly directory: string | undefined;
  /** Ends it and removes what it kept. A lent server stays as it is. */
  stop(): Promise<void>;
  /** The end without a goodbye; port, directory and configuration stay for `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** `SIGSTOP` makes it hang with its connections open, `SIGCONT` wakes it. */
  signal(signal: NodeJS.Signals): void;
}

export interface Program {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

const VERSION_MIN = 7;
const VERSION = /v=(\d+)/;
const MISSING =
  'Redis 7 or newer is not here and could not be fetched: install the Debian package ' +
  'redis-tools, or name a server on loopback in LEYDEN_TEST_REDIS_URL.';

/** A server of its own, or the lent one when no option asks for more than that. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const lent = lentServer('redis');
  if (lent !== undefined && Object.keys(options).length === 0) return lentRedis(lent);
  const program = await findRedis();
  return options.port === undefined
    ? onFreePort((port) => startOn(port, program, options))
    : startOn(options.port, program, options);
}

/** Finds or fetches the program; the sentence it throws says what to install. */
export async function findRedis(): Promise<Program> {
  knownMissing('redis');
  // Debian's redis-tools holds the server too: it is redis-check-rdb under another name.
  for (const path of ['redis-server', 'redis-check-rdb'].flatMap(findOnPath)) {
    if (await runs({ path, environment: {} })) return { path, environment: {} };
  }
  const inRoot = async (root: string): Promise<Program> => ({
    path: join(root, 'usr', 'bin', 'redis-check-rdb'),
    environment: await libraryEnvironment(root),
  });
  const root = await fetchPackages({
    name: 'redis',
    packages: ['redis-tools'],
    works: async (folder) => runs(await inRoot(folder)),
  });
  if (root === undefined) throw new Error(MISSING);
  return inRoot(root);
}

async function runs({ path, environment }: Program): Promise<boolean> {
  if (!isExecutable(path)) return false;
  const version = await majorVersion(path, VERSION, { environment, argv0: 'redis-server' });
  return version !== undefined && version >= VERSION_MIN;
}

async function startOn(
  port: number,
  program: Program,
  options: RedisOptions,
): Promise<RedisServer> {
  const directory = makePrivateDirectory();
  const link = join(directory, 'redis-server');
  const configuration = join(directory, 'redis.conf');
  const start = (): Promise<ServerProcess> =>
    startProcess({
      name: 'Redis',
      program: link,
      programArguments: [configuration, ...(options.programArguments ?? [])],
      environment: program.environment,
      directory,
      port,
      deathSignal: 'KILL',
      greeting: 'PING\r\n',
      isReady: (answer) => /^(\+PONG|-NOAUTH)/.test(answer.toString('latin1')),
    });
  try {
    await symlink(program.path, link);
    await writeFile(configuration, configurationLines(port, directory, options).join('\n'));
    return handle(port, directory, options, await start(), start);
  } catch (error) {
    await removeDirectory(directory);
    throw error;
  }
}

/** A server with a password or users of its own keeps to those; so does a sentinel. */
function hasUsers({ password, configuration = [], programArguments }: RedisOptions): boolean {
  const isOwn = configuration.some((line) => line.startsWith('user '));
  return helperUser() !== undefined && password === undefined && !isOwn && !programArguments;
}

/** Whatever the gateway does it must be able to do with its own few rights. */
async function checkRights(port: number): Promise<void> {
  const denied = deniedIn(await askRedis(port, ['acl', 'log']));
  if (denied.length > 0) throw new Error(`The user of docs/redis.md lacks: ${denied.join(', ')}`);
}

function configurationLines(
  port: number,
  directory: string,
  options: RedisOptions,
): readonly string[] {
  const { configuration, password, persistence } = options;
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${directory}`,
    'save ""',
    `appendonly ${persistence === 'append-only' ? 'yes' : 'no'}`,
    // The sweep of leftovers recognises the server by its command line.
    'set-proc-title no',
    ...(hasUsers(options) ? userLines() : []),
    ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
    ...(configuration ?? []),
    '',
  ];
}

function handle(
  port: number,
  directory: string,
  options: RedisOptions,
  first: ServerProcess,
  start: () => Promise<ServerProcess>,
): RedisServer {
  const { password } = options;
  let current = first;
  const credential = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return {
    port,
    url: hasUsers(options) ? redisUrl(port) : `redis://${credential}127.0.0.1:${port}`,
    directory,
    async stop() {
      current.signal('SIGCONT');
      try {
        if (hasUsers(options) && !current.hasExited()) await checkRights(port);
      } finally {
        await current.end('SIGTERM');
        await removeDirectory(directory);
      }
    },
    kill: () => current.end('SIGKILL'),
    async restart() {
      if (!current.hasExited()) await current.end('SIGKILL');
      current = await start();
    },
    signal: (signal) => {
      current.signal(signal);
    },
  };
}

function lentRedis({ url, port }: { url: string; port: number }): RedisServer {
  const refuse = (): never => {
    throw new Error('A lent Redis server is not ours to kill; give startRedis an option.');
  };
  return {
    port,
    url,
    directory: undefined,
    stop: () => Promise.resolve(),
    kill: () => Promise.resolve().then(refuse),
    restart: () => Promise.resolve().then(refuse),
    signal: refuse,
  };
}
