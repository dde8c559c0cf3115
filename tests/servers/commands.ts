/** Short-lived commands with a deadline, and the search for programs on PATH. */
import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface CommandOptions {
  readonly deadlineMs: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly user?: number;
  readonly argv0?: string;
}

export interface CommandResult {
  readonly succeeded: boolean;
  /** What it printed, both streams, the last 65,536 characters. */
  readonly output: string;
}

const OUTPUT_CHARACTERS_MAX = 2 ** 16;

/** Runs a program to its end. A failure is a result; nothing is thrown. */
export function runCommand(
  program: string,
  programArguments: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    // Not execFile, which does not hand `argv0` on.
    const child = spawn(program, programArguments, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', ...options.environment },
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
      ...(options.argv0 === undefined ? {} : { argv0: options.argv0 }),
    });
    // Not spawn's own limit, whose timer stays when the program could not be run at all.
    const timer = setTimeout(() => child.kill('SIGKILL'), options.deadlineMs);
    let output = '';
    const end = (succeeded: boolean): void => {
      clearTimeout(timer);
      resolve({ succeeded, output });
    };
    const keep = (bytes: Buffer): void => {
      output = (output + bytes.toString()).slice(-OUTPUT_CHARACTERS_MAX);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', () => {
      end(false);
    });
    child.on('close', (code) => {
      end(code === 0);
    });
  });
}

/** Debian keeps servers where an ordinary user's PATH does not look. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Every program of that name on PATH, links resolved, each once. */
export function findOnPath(name: string): readonly string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  const found = folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .filter(isExecutable)
    .map((path) => realpathSync(path));
  return [...new Set(found)];
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The major version that `pattern` finds in what `--version` prints; undefined if it won't run. */
export async function majorVersion(
  program: string,
  pattern: RegExp,
  options: Pick<CommandOptions, 'environment' | 'argv0' | 'user'> = {},
): Promise<number | undefined> {
  const { succeeded, output } = await runCommand(program, ['--version'], {
    deadlineMs: 10_000,
    ...options,
  });
  const digits = succeeded ? pattern.exec(output)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}
