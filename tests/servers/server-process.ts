/** A server as a child process: it dies with the tests, and is up once it has answered. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from './commands.js';

export interface ServerCommand {
  readonly name: string;
  readonly program: string;
  readonly programArguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly port: number;
  readonly user?: number;
  /** The signal that the kernel sends to the server when the test process dies. */
  readonly deathSignal: 'KILL' | 'QUIT';
  /** What a client sends first, and whether the first bytes of the answer mean "ready". */
  readonly greeting: string | Buffer;
  readonly isReady: (answer: Buffer) => boolean;
}

export interface ServerProcess {
  readonly pid: number;
  readonly hasExited: () => boolean;
  /** Asks it to end, and makes it end when it takes too long. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
}

const READY_MS_MAX = 20_000;
const ANSWER_MS_MAX = 1_000;
const POLL_MS = 10;
const END_MS_MAX = 5_000;
const LOG_TAIL_CHARACTERS = 600;
const PORT_MAX = 55_535;
const PORT_TRIES_MAX = 50;
const PORT_TAKEN = /address already in use/i;

/** Starts the server and resolves once it has answered; else everything of it is gone again. */
export async function startProcess(command: ServerCommand): Promise<ServerProcess> {
  // Else somebody's server on that port would answer, and pass for ours.
  await bindOnce(command.port);
  const child = await spawnBound(command);
  const server = handle(child);
  if (await answers(command, child)) return server;
  await server.end('SIGKILL');
  const log = await readFile(logFile(command), 'utf8').catch(() => '');
  throw new Error(`${command.name} did not start: ${log.slice(-LOG_TAIL_CHARACTERS).trim()}`);
}

/** A port that is free now. Below 55536, because a Redis Cluster also uses port + 10000. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries++) {
    const port = await bindOnce(0);
    if (port <= PORT_MAX) return port;
  }
  throw new Error('No free port below 55536 was offered.');
}

/** Takes the port and gives it back; throws when somebody has it. */
async function bindOnce(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address.port;
}

/** A port may be taken between its choice and its use; then another one is tried. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let triesLeft = 2; triesLeft > 0; triesLeft--) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (!(error instanceof Error && PORT_TAKEN.test(error.message))) throw error;
    }
  }
  return start(await freePort());
}

export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: POLL_MS });
}

function logFile(command: ServerCommand): string {
  return join(command.directory, 'server.log');
}

let bindable: Promise<boolean> | undefined;

/** Where setpriv can, the kernel ends the server with us, even when we are killed ourselves. */
async function spawnBound(command: ServerCommand): Promise<ChildProcess> {
  bindable ??= runCommand('setpriv', ['--pdeathsig', 'KILL', 'true'], { deadlineMs: 5_000 }).then(
    (result) => result.succeeded,
  );
  const words = [command.program, ...command.programArguments];
  if (await bindable) words.unshift('setpriv', '--pdeathsig', command.deathSignal);
  const [program = '', ...programArguments] = words;
  const log = openSync(logFile(command), 'a');
  const child = spawn(program, programArguments, {
    cwd: command.directory,
    // Not the whole environment: a server reads variables of its own (PGDATA, MYSQL_HOME).
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', ...command.environment },
    stdio: ['ignore', log, log],
    ...(command.user === undefined ? {} : { uid: command.user, gid: command.user }),
  });
  closeSync(log);
  child.on('error', () => undefined);
  // A test that forgets to stop its server still ends.
  child.unref();
  return child;
}

function handle(child: ChildProcess): ServerProcess {
  const hasExited = (): boolean =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    hasExited,
    signal(signal) {
      if (!hasExited()) child.kill(signal);
    },
    async end(signal) {
      if (hasExited()) return;
      child.ref();
      const gone = once(child, 'exit');
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
      await gone;
      clearTimeout(timer);
    },
  };
}

async function answers(command: ServerCommand, child: ChildProcess): Promise<boolean> {
  const { hasExited } = handle(child);
  for (let waitedMs = 0; waitedMs < READY_MS_MAX && !hasExited(); waitedMs += POLL_MS) {
    const answer = await ask(command.port, command.greeting);
    // Somebody else may sit on the port and have answered, while ours gave up.
    if (answer !== undefined && command.isReady(answer)) {
      await sleep(0);
      return !hasExited();
    }
    await sleep(POLL_MS);
  }
  return false;
}

/** The first bytes that come back, or undefined. */
function ask(port: number, greeting: string | Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('connect', () => {
      if (greeting.length > 0) socket.write(greeting);
    });
    socket.on('data', (bytes) => {
      resolve(bytes);
      socket.destroy();
    });
    socket.on('close', () => {
      resolve(undefined);
    });
  });
}
