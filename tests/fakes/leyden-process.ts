/** The built `leyden` command in a process of its own: what it says, and how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../config/settings.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LeydenProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until what was said, on either stream, holds this; rejects when it ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
}

const folders: string[] = [];
const processes = new Set<ChildProcess>();

/** Writes a settings file that is gone after the tests of the file. */
export function scratchSettings(yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'leyden-command-'));
  folders.push(folder);
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, yaml);
  return file;
}

/** For `afterAll`: nothing that was started stays, and nothing that was written. */
export async function endEverything(): Promise<void> {
  const ends = [...processes].map(
    (child) => new Promise((resolve) => child.once('close', resolve).kill('SIGKILL')),
  );
  await Promise.all(ends);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

const FREE = { PORT: '0', OPERATIONS_PORT: '0' };

export function leyden(words: readonly string[], env: Record<string, string> = {}): LeydenProcess {
  return runBuilt('command/leyden.js', words, env);
}

function runBuilt(
  file: string,
  words: readonly string[],
  env: Record<string, string>,
): LeydenProcess {
  const program = join(packageRoot(), 'dist', 'src', file);
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...FREE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.add(child);
  let stdout = '';
  let stderr = '';
  let isOver = false;
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      processes.delete(child);
      isOver = true;
      look();
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    ...{ child, ended },
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const watcher = (): void => {
          const match = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (match === null && !isOver) return;
          watchers.delete(watcher);
          if (match !== null) resolve(match);
          else reject(new Error(`it ended and never said ${pattern.source}: ${stdout}${stderr}`));
        };
        watchers.add(watcher);
        watcher();
      }),
    signal: (name) => child.kill(name),
  };
}

export interface RunningLeyden extends LeydenProcess {
  readonly port: number;
  readonly operationsPort: number;
}

/** Starts the gateway and waits until it says where it is. */
export async function leydenStart(
  yaml: string,
  env: Record<string, string> = {},
): Promise<RunningLeyden> {
  const one = leyden(['start', '--config', scratchSettings(yaml)], env);
  const metrics = await one.said(/metrics {3}curl http:\/\/127\.0\.0\.1:(\d+)\/metrics/);
  const place = await one.said(/(?:public|energy) +(?:curl -i )?http:\/\/127\.0\.0\.1:(\d+)/);
  return { ...one, port: Number(place[1]), operationsPort: Number(metrics[1]) };
}

export interface RunningEnergy extends LeydenProcess {
  readonly port: number;
  readonly url: string;
}

/** Starts the energy service alone, with the shipped settings, and waits until it says where. */
export async function energyStart(env: Record<string, string> = {}): Promise<RunningEnergy> {
  const one = runBuilt('energy-main.js', [], { ENERGY_AGENTS: '16', ENERGY_WORKERS: '2', ...env });
  const [, url = ''] = await one.said(/health {4}curl (http:\/\/[^/]+)\/health/);
  return { ...one, url, port: Number(new URL(url).port) };
}
