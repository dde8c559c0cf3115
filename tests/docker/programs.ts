/** Programs that judge the files of the stack, from PATH or fetched as any user. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, runCommand, type CommandResult } from '../servers/commands.js';
import { fetchPackages, libraryEnvironment } from '../servers/fetch.js';
import { knownMissing } from '../servers/missing.js';

export interface Program {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Words that come before those of the caller. */
  readonly before: readonly string[];
  readonly version: number;
}

const VERSION_MS_MAX = 20_000;

/** The program with the major version that it says, or undefined when it does not run here. */
async function tried(
  program: Omit<Program, 'version'>,
  words: readonly string[],
  pattern: RegExp,
): Promise<Program | undefined> {
  const { path, environment, before } = program;
  const options = { deadlineMs: VERSION_MS_MAX, environment };
  const { succeeded, output } = await runCommand(path, [...before, ...words], options);
  const version = succeeded ? pattern.exec(output)?.[1] : undefined;
  return version === undefined ? undefined : { ...program, version: Number(version) };
}

const HAPROXY = /version (\d+)/;

export async function findHaproxy(): Promise<Program> {
  knownMissing('haproxy');
  for (const path of findOnPath('haproxy')) {
    const found = await tried({ path, environment: {}, before: [] }, ['-v'], HAPROXY);
    if (found !== undefined) return found;
  }
  const inRoot = async (root: string): Promise<Program | undefined> => {
    const path = join(root, 'usr', 'sbin', 'haproxy');
    const environment = await libraryEnvironment(root);
    return tried({ path, environment, before: [] }, ['-v'], HAPROXY);
  };
  const root = await fetchPackages({
    name: 'haproxy',
    packages: ['haproxy'],
    works: async (folder) => (await inRoot(folder)) !== undefined,
  });
  const found = root === undefined ? undefined : await inRoot(root);
  if (found !== undefined) return found;
  throw new Error(
    'HAProxy is not here and could not be fetched: install the Debian package haproxy.',
  );
}

const COMPOSE = /version v?(\d+)/;

/** Version 2 is one program, version 1 a Python script with its libraries beside it. */
async function composeIn(root: string): Promise<Program | undefined> {
  const second = join(root, 'usr', 'libexec', 'docker', 'cli-plugins', 'docker-compose');
  if (existsSync(second)) {
    return tried({ path: second, environment: {}, before: [] }, ['version'], COMPOSE);
  }
  const script = join(root, 'usr', 'bin', 'docker-compose');
  const environment = { PYTHONPATH: join(root, 'usr', 'lib', 'python3', 'dist-packages') };
  // Debian's own Python, for the compiled libraries are made for that one.
  const program = { path: '/usr/bin/python3', environment, before: [script] };
  return tried(program, ['version'], COMPOSE);
}

const COMPOSE_MISSING =
  'docker-compose is not here and could not be fetched: install the Debian package ' +
  'docker-compose.';
/** The package's name here and there. */
const COMPOSE_PACKAGES = ['docker-compose', 'docker-compose-v2'] as const;

/** docker-compose needs no engine to read a file. */
export async function findCompose(): Promise<Program> {
  knownMissing('compose');
  const onPath = [
    ...findOnPath('docker-compose').map((path) => ({ path, environment: {}, before: [] })),
    ...findOnPath('docker').map((path) => ({ path, environment: {}, before: ['compose'] })),
  ];
  for (const program of onPath) {
    const found = await tried(program, ['version'], COMPOSE);
    if (found !== undefined) return found;
  }
  for (const name of COMPOSE_PACKAGES) {
    const root = await fetchPackages({
      ...{ name, packages: [name] },
      works: async (folder) => (await composeIn(folder)) !== undefined,
    });
    const found = root === undefined ? undefined : await composeIn(root);
    if (found !== undefined) return found;
  }
  throw new Error(COMPOSE_MISSING);
}

export function runProgram(
  { path, environment, before }: Program,
  words: readonly string[],
  options: { readonly deadlineMs: number; readonly directory?: string },
): Promise<CommandResult> {
  return runCommand(path, [...before, ...words], { ...options, environment });
}
