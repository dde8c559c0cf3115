/** A real MariaDB server for a test: private data, free port, one user with a password. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lentServer } from './addresses.js';
import { findOnPath, isExecutable, majorVersion, runCommand } from './commands.js';
import { fetchPackages, libraryEnvironment } from './fetch.js';
import { makePrivateDirectory } from './lifetimes.js';
import { knownMissing } from './missing.js';
import { onFreePort, removeDirectory, startProcess } from './server-process.js';

export interface MariadbOptions {
  /** Words for the command line, such as `--max-connections=5`; later ones win. */
  readonly programArguments?: readonly string[];
}

export interface MariadbServer {
  readonly port: number;
  /** `mysql://user:password@127.0.0.1:port/database`. */
  readonly url: string;
  /** Ends it and removes its data. A lent server stays as it is. */
  stop(): Promise<void>;
}

/** Where the parts of one installation lie. */
interface Installation {
  readonly base: string;
  readonly server: string;
  readonly installer: string;
  readonly environment: Readonly<Record<string, string>>;
}

const VERSION_MIN = 10;
const VERSION = /Ver (\d+)\.\d+\.\d+-MariaDB/;
const INSTALL_MS_MAX = 60_000;
const USER = 'leyden';
const PASSWORD = 'only-for-tests';
const DATABASE = 'leyden';
const PROTOCOL_VERSION = 10;
const MISSING =
  'MariaDB 10 or newer is not here and could not be fetched: install the Debian packages ' +
  'mariadb-server-core and mariadb-client-core, or name a server on loopback in ' +
  'LEYDEN_TEST_MYSQL_URL.';

/** A server of its own, or the lent one when no option asks for more than that. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const lent = lentServer('mariadb');
  if (lent !== undefined && Object.keys(options).length === 0) {
    return { port: lent.port, url: lent.url, stop: () => Promise.resolve() };
  }
  const installation = await findMariadb();
  const directory = makePrivateDirectory();
  try {
    await makeData(installation, directory);
    return await onFreePort((port) => start(installation, directory, port, options));
  } catch (error) {
    await removeDirectory(directory);
    throw error;
  }
}

/** Finds or fetches the programs; the sentence it throws says what to install. */
export async function findMariadb(): Promise<Installation> {
  knownMissing('mariadb');
  for (const server of findOnPath('mariadbd')) {
    const base = dirname(dirname(server));
    const installer = join(base, 'bin', 'mariadb-install-db');
    const installation = { base, server, installer, environment: {} };
    if (await runs(installation)) return installation;
  }
  const inRoot = async (root: string): Promise<Installation> => ({
    base: join(root, 'usr'),
    server: join(root, 'usr', 'sbin', 'mariadbd'),
    installer: join(root, 'usr', 'bin', 'mariadb-install-db'),
    environment: await libraryEnvironment(root),
  });
  const root = await fetchPackages({
    name: 'mariadb',
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    works: async (folder) => runs(await inRoot(folder)),
  });
  if (root === undefined) throw new Error(MISSING);
  return inRoot(root);
}

async function runs({ server, installer, environment }: Installation): Promise<boolean> {
  if (!isExecutable(server) || !isExecutable(installer)) return false;
  const version = await majorVersion(server, VERSION, { environment });
  return version !== undefined && version >= VERSION_MIN;
}

/** MariaDB refuses to be root by accident; here it is meant. */
function asRoot(): readonly string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

async function makeData(installation: Installation, directory: string): Promise<void> {
  const data = join(directory, 'data');
  await mkdir(data, { mode: 0o700 });
  await writeFile(join(directory, 'first.sql'), firstStatements().join('\n'), { mode: 0o600 });
  const made = await runCommand(
    installation.installer,
    [
      '--no-defaults',
      `--basedir=${installation.base}`,
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-name-resolve',
      '--skip-test-db',
      ...asRoot(),
    ],
    { deadlineMs: INSTALL_MS_MAX, environment: installation.environment, directory },
  );
  if (!made.succeeded) throw new Error(`MariaDB made no data: ${made.output.slice(-600)}`);
}

/** The server runs these, one a line, each time before it listens. */
function firstStatements(): readonly string[] {
  const account = `'${USER}'@'127.0.0.1'`;
  return [
    `CREATE DATABASE IF NOT EXISTS ${DATABASE};`,
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${PASSWORD}';`,
    `GRANT ALL PRIVILEGES ON *.* TO ${account};`,
    '',
  ];
}

async function start(
  { base, server: program, environment }: Installation,
  directory: string,
  port: number,
  options: MariadbOptions,
): Promise<MariadbServer> {
  const server = await startProcess({
    name: 'MariaDB',
    program,
    programArguments: [
      '--no-defaults',
      `--basedir=${base}`,
      `--datadir=${join(directory, 'data')}`,
      `--socket=${join(directory, 's')}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      `--init-file=${join(directory, 'first.sql')}`,
      '--innodb-buffer-pool-size=16M',
      '--innodb-flush-log-at-trx-commit=0',
      ...asRoot(),
      ...(options.programArguments ?? []),
    ],
    environment,
    directory,
    port,
    deathSignal: 'KILL',
    greeting: '',
    // A packet's head is four bytes; then comes the protocol's version, or 255 for an error.
    isReady: (answer) => answer[4] === PROTOCOL_VERSION,
  });
  return {
    port,
    url: `mysql://${USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`,
    async stop() {
      await server.end('SIGTERM');
      await removeDirectory(directory);
    },
  };
}
