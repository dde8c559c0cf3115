/** Who owns a private directory, whether it still lives, and the sweep of what it left. */
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket's path may have 104 bytes; a longer temporary folder than this leaves too few. */
const TEMPORARY_ROOT_BYTES_MAX = 48;
const GOODBYE_MS_MAX = 2_000;
const POLL_MS = 20;
const NAME = /^leyden-(\d+)-(\d+)-\w+$/;

/** The folder below which servers live: short, and reachable by a user without rights. */
export function temporaryRoot(): string {
  const root = tmpdir();
  const isShort = Buffer.byteLength(root) <= TEMPORARY_ROOT_BYTES_MAX;
  return isShort && isReachableByAll(root) ? root : '/tmp';
}

/** Whether every folder from the root down to this one may be entered by anybody. */
export function isReachableByAll(path: string): boolean {
  const folders = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return folders.every((folder) => (statSync(folder === '' ? '/' : folder).mode & 0o001) !== 0);
}

/** When a process started, in the kernel's ticks, for its number may be used again. */
function startTicks(pid: number): string | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name, which may hold spaces and brackets.
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** This process's name for a private thing: its number and the moment it started. */
export function ownName(): string {
  return `${process.pid}-${startTicks(process.pid) ?? '0'}`;
}

/** Whether the process behind such a name still runs. */
export function isAlive(name: string): boolean {
  const [pid = '', ticks = ''] = name.split('-');
  if (ticks !== '0') return startTicks(Number(pid)) === ticks;
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

/** A new directory whose name says who owns it. */
export function makePrivateDirectory(): string {
  const directory = mkdtempSync(join(temporaryRoot(), `leyden-${ownName()}-`));
  // A server that gives up root's rights has to pass through.
  chmodSync(directory, 0o711);
  return directory;
}

/**
 * Ends servers and removes directories whose owner is dead; at the end of a run its own as well.
 * Only processes whose command line names such a directory are touched.
 */
export function sweepLeftovers(own: 'spare-own' | 'with-own' = 'spare-own'): number {
  const root = temporaryRoot();
  const directories = readdirSync(root)
    .filter((entry) => {
      const [, pid, ticks] = NAME.exec(entry) ?? [];
      if (pid === undefined || ticks === undefined || !isOurs(join(root, entry))) return false;
      const owner = `${pid}-${ticks}`;
      return !isAlive(owner) || (own === 'with-own' && owner === ownName());
    })
    .map((entry) => join(root, entry));
  if (directories.length > 0) endProcessesIn(directories);
  for (const directory of directories) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: POLL_MS });
  }
  return directories.length;
}

function isOurs(path: string): boolean {
  try {
    const status = lstatSync(path);
    return status.isDirectory() && status.uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** SIGQUIT first: PostgreSQL then gives back its shared memory. */
function endProcessesIn(directories: readonly string[]): void {
  let left = processesIn(directories);
  for (const pid of left) signal(pid, 'SIGQUIT');
  for (let waitedMs = 0; left.length > 0 && waitedMs < GOODBYE_MS_MAX; waitedMs += POLL_MS) {
    pause(POLL_MS);
    left = processesIn(directories);
  }
  for (const pid of left) signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime.
  }
}

/** The exit of a process allows no promises, so this blocks. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function processesIn(directories: readonly string[]): readonly number[] {
  return commandLines()
    .filter(([pid, line]) => pid !== process.pid && directories.some((d) => line.includes(`${d}/`)))
    .map(([pid]) => pid);
}

function commandLines(): readonly (readonly [pid: number, line: string])[] {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' });
    return stdout.split('\n').map((line) => [Number.parseInt(line, 10), line] as const);
  }
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.map((pid) => [Number(pid), commandLine(pid)] as const);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
