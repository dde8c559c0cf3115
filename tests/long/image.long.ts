/** The Dockerfile without an engine: its steps in a folder, and the gateway that they make. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { firstStage, instructionsOf, lastStage, listOf } from '../docker/dockerfile.js';
import type { Instruction } from '../docker/dockerfile.js';
import { textOf } from '../docker/stack.js';
import { ask } from '../fakes/client.js';
import { runCommand } from '../servers/commands.js';
import { repositoryRoot } from '../servers/fetch.js';

const STEP_MS = 400_000;
const START_MS = 60_000;
const MEBIBYTE = 2 ** 20;
const instructions = instructionsOf(textOf('docker', 'Dockerfile'));
const steps = lastStage(instructions);
const rest = (word: string): string => steps.find((one) => one.word === word)?.rest ?? '';
const work = mkdtempSync(join(tmpdir(), 'leyden-image-'));
const app = join(work, 'image');
let running: ChildProcess | undefined;

afterAll(() => {
  running?.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
});

/** COPY: the last word is where to; a word that ends in a slash is a folder. */
function copied(words: readonly string[], from: string, to: string): void {
  const target = words.at(-1) ?? '';
  for (const source of words.slice(0, -1)) {
    const name = source.replace(/^\/app\//, '');
    const place = target === './' ? join(to, name.split('/').at(-1) ?? '') : join(to, target);
    cpSync(join(from, name), place, { recursive: true });
  }
}

async function done(list: readonly Instruction[], folder: string, built: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { word, rest: words } of list) {
    const [first = '', ...more] = words.split(' ');
    if (word === 'COPY' && first.startsWith('--from=')) copied(more, built, folder);
    else if (word === 'COPY') copied([first, ...more], repositoryRoot, folder);
    else if (word === 'RUN') {
      const options = { deadlineMs: STEP_MS, directory: folder, environment: { NODE_ENV: '' } };
      const { succeeded, output } = await runCommand('/bin/sh', ['-c', words], options);
      if (!succeeded) throw new Error(`${words}: ${output.slice(-2000)}`);
    }
  }
}

beforeAll(async () => {
  const build = join(work, 'build');
  await done(firstStage(instructions), build, '');
  await done(steps, app, build);
}, 2 * STEP_MS);

function bytesBelow(folder: string): number {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true });
  const sizes = files
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
  return sizes.reduce((sum, size) => sum + size, 0);
}

const treeOf = (): readonly string[] => readdirSync(app, { recursive: true }).map(String).sort();

/** The image's environment, and what an operator of one container would set. */
const environment = {
  PATH: process.env['PATH'] ?? '',
  ...Object.fromEntries(steps.flatMap((one) => (one.word === 'ENV' ? [one.rest.split('=')] : []))),
  ...{ PORT: '0', OPERATIONS_PORT: '0', ENERGY_AGENTS: '16' },
} as Readonly<Record<string, string>>;

interface Started {
  readonly child: ChildProcess;
  readonly port: string;
  /** Of the operations listener, where there is one. */
  readonly operations: string | undefined;
}

function started(words: readonly string[]): Promise<Started> {
  const [, ...more] = words;
  const child = spawn(process.execPath, more, { cwd: app, env: environment });
  running = child;
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (bytes: Buffer): void => {
      said += bytes.toString();
      const port = /curl -i http:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1];
      const operations = /http:\/\/127\.0\.0\.1:(\d+)\/dashboard/.exec(said)?.[1];
      if (port !== undefined) resolve({ child, port, operations });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', () => {
      reject(new Error(`It ended: ${said}`));
    });
  });
}

describe('what the Dockerfile makes', () => {
  it('is small, and holds neither sources nor development packages', () => {
    expect(existsSync(join(app, 'node_modules', 'express'))).toBe(true);
    expect(existsSync(join(app, 'node_modules', 'typescript'))).toBe(false);
    expect(existsSync(join(app, 'node_modules', 'jest'))).toBe(false);
    // What the browser gets is served as it stands; all else is compiled.
    const sources = treeOf().filter((path) => /^src\/.*\./.test(path));
    const pages = /^src\/operations\/dashboard\/page\/[\w-]+\.(mjs|css|html|svg)$/;
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((path) => !pages.test(path))).toEqual([]);
    expect(bytesBelow(app)).toBeLessThan(60 * MEBIBYTE);
  });

  it(
    'starts as the entry point says, computes, is healthy, writes nothing, and drains',
    async () => {
      const before = treeOf();
      const words = [...listOf(rest('ENTRYPOINT')), ...listOf(rest('CMD'))];
      const { child, port, operations } = await started(words);
      expect((await ask(Number(port), '/energy/gradient')).status).toBe(200);
      expect((await ask(Number(port), '/energy/gradient')).headers['x-cache']).toBe('HIT');
      const page = await ask(Number(operations), '/dashboard');
      expect([page.status, page.body]).toEqual([
        200,
        expect.stringContaining('dashboard/main.mjs'),
      ]);
      const [, ...check] = listOf(/CMD (\[.*\])$/.exec(rest('HEALTHCHECK'))?.[1] ?? '[]');
      const asking = { deadlineMs: START_MS, directory: app, environment: { PORT: port } };
      const health = () => runCommand(process.execPath, check, asking);
      expect(await health()).toEqual({ succeeded: true, output: '' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(rest('STOPSIGNAL') as NodeJS.Signals);
      expect(await ended).toBe(0);
      expect(await health()).toEqual({ succeeded: false, output: '' });
      expect(treeOf()).toEqual(before);
    },
    START_MS,
  );

  it(
    'is the energy service with the other entry point',
    async () => {
      const { child, port } = await started(['node', 'dist/src/energy-main.js']);
      expect((await ask(Number(port), '/energy/gradient')).status).toBe(200);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
    START_MS,
  );
});
