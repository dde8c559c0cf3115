/** A door of a clone, opened in a process of its own as a person at a keyboard would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Ended {
  /** As a shell tells it: 128 and the signal's number when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Door {
  readonly pid: number;
  /** Resolves when stdout matches; rejects when the process ends before. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

const opened = new Set<ChildProcess>();

/** Opens a door by way of node alone. */
export function openDoor(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Door {
  return follow(process.execPath, [join(folder, 'src/bootstrap.mjs'), ...args], folder, env);
}

/** Opens a door by way of npm itself; signals go to npm's own process. */
export function openByNpm(folder: string, args: readonly string[], env: NodeJS.ProcessEnv): Door {
  const npm = process.env['npm_execpath'] ?? '';
  return npm.endsWith('npm-cli.js')
    ? follow(process.execPath, [npm, ...args], folder, env)
    : follow('npm', args, folder, env);
}

/** What npm hands to a script belongs to the run of these tests, not to the clone. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|NODE_ENV$|JEST_|INIT_CWD$)/i.test(name),
  );
  return Object.fromEntries(kept);
}

function follow(
  command: string,
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Door {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env },
    // A group of its own, so that whatever it leaves behind can be found.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  opened.add(child);
  let stdout = '';
  let stderr = '';
  const heard = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of heard) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(stdout);
        if (found === null) return;
        heard.delete(look);
        resolve(found);
      };
      heard.add(look);
      look();
      void ended.then(() => {
        reject(new Error(`It ended before it said ${String(pattern)}:\n${stdout}${stderr}`));
      });
    });
  return { pid: child.pid ?? 0, said, signal: (name) => child.kill(name), ended };
}

/** Processes of a door that are still alive, the door itself included. */
export function livingOf(door: Pick<Door, 'pid'>): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state, , group] = fieldsOf(pid);
      return state !== undefined && state !== 'Z' && Number(group) === door.pid;
    });
}

/** State, parent and group, which stand behind a name that may hold anything. */
function fieldsOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Ends whatever a failed test left open, also what a door that was killed had started. */
export function shutAllDoors(): void {
  for (const { pid = 0 } of opened) {
    for (const member of livingOf({ pid })) process.kill(member, 'SIGKILL');
  }
  opened.clear();
}
