/** Programs that judge the files of the stack, from PATH or fetched as any user. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, runCommand, type CommandResult } from '../servers/commands.js';
import { fetchPackages, libraryEnvironment } from '../servers/fetch.js';

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

/**
 * docker-compose needs no engine to read a file. Where the system's packages do not have it, or
 * it does not run, there is undefined: then the schema that dclint brings has to do.
 */
export async function findCompose(): Promise<Program | undefined> {
  for (const path of findOnPath('docker-compose')) {
    const found = await tried({ path, environment: {}, before: [] }, ['version'], COMPOSE);
    if (found !== undefined) return found;
  }
  const root = await fetchPackages({
    name: 'docker-compose',
    packages: ['docker-compose'],
    works: async (folder) => (await composeIn(folder)) !== undefined,
  });
  return root === undefined ? undefined : composeIn(root);
}

export function runProgram(
  { path, environment, before }: Program,
  words: readonly string[],
  options: { readonly deadlineMs: number; readonly directory?: string },
): Promise<CommandResult> {
  return runCommand(path, [...before, ...words], { ...options, environment });
}
