/** What an interrupted run leaves behind: the next one removes it, and nothing else. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import {
  isAlive,
  makePrivateDirectory,
  ownName,
  sweepLeftovers,
  temporaryRoot,
} from './lifetimes.js';

const children: ChildProcess[] = [];
const directories: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function deadProcess(): number {
  return spawnSync('true').pid;
}

function directoryOf(owner: string): string {
  const directory = join(temporaryRoot(), `leyden-${owner}-${ownName().replace('-', '')}`);
  mkdirSync(directory);
  writeFileSync(join(directory, 'data'), 'left behind');
  return directory;
}

/** A process that runs for long and names a path on its command line, as a server does. */
async function serverIn(path: string): Promise<ChildProcess> {
  const program = 'process.stdin.pipe(process.stdout)';
  const child = spawn(process.execPath, ['-e', program, path], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  children.push(child);
  await expectAnswer(child);
  return child;
}

/** Its exit would be known only later, so it has to say something. */
async function expectAnswer(child: ChildProcess): Promise<void> {
  const answer = once(child.stdout!, 'data', { signal: AbortSignal.timeout(10_000) });
  child.stdin!.write('still here?');
  expect(String(await answer)).toBe('still here?');
}

it('a server whose test run is dead is ended, and its directory removed', async () => {
  const directory = directoryOf(`${deadProcess()}-1`);
  const server = await serverIn(join(directory, 'data'));
  const ended = once(server, 'exit', { signal: AbortSignal.timeout(10_000) });
  sweepLeftovers();
  await ended;
  expect(existsSync(directory)).toBe(false);
});

it('a process that only stands beside such a directory is spared', async () => {
  const directory = directoryOf(`${deadProcess()}-1`);
  const stranger = await serverIn(`${directory}-of-somebody-else`);
  sweepLeftovers();
  expect(existsSync(directory)).toBe(false);
  await expectAnswer(stranger);
});

it('the servers of a run that is still going on are spared', async () => {
  const directory = makePrivateDirectory();
  directories.push(directory);
  const server = await serverIn(join(directory, 'data'));
  sweepLeftovers();
  expect(existsSync(directory)).toBe(true);
  await expectAnswer(server);
});

it('a process is not mistaken for another one that had its number before', () => {
  const [pid = '', ticks = ''] = ownName().split('-');
  expect(isAlive(ownName())).toBe(true);
  expect(isAlive(`${pid}-${Number(ticks) + 1}`)).toBe(process.platform !== 'linux');
  expect(isAlive(`${deadProcess()}-1`)).toBe(false);
});
