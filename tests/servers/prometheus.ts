/** A real Prometheus for a test: private data, free port, and questions in its own language. */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isExecutable } from './commands.js';
import { fetchPackages } from './fetch.js';
import { makePrivateDirectory } from './lifetimes.js';
import { knownMissing } from './missing.js';
import { findPromtool } from './promtool.js';
import { onFreePort, removeDirectory, startProcess } from './server-process.js';

export interface PrometheusOptions {
  /** The text of prometheus.yml; files that it names stand beside it. */
  readonly configuration: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusServer {
  readonly port: number;
  /** What its HTTP API says below /api/v1. */
  api(path: string): Promise<unknown>;
  /** The samples that an expression has now. */
  query(expression: string): Promise<readonly Sample[]>;
  /** Asks until an expression has samples that will do; rejects after the deadline. */
  awaits(expression: string, enough: (samples: readonly Sample[]) => boolean): Promise<void>;
  stop(): Promise<void>;
}

const MISSING =
  'Prometheus 2 or newer is not here and could not be fetched: install the Debian package ' +
  'prometheus.';
const POLL_MS = 50;
const WAIT_MS_MAX = 40_000;
const ANSWER_MS_MAX = 5_000;

/** The server usually lies beside promtool, on PATH or where both were fetched. */
export async function findPrometheus(): Promise<string> {
  knownMissing('prometheus');
  const beside = join(dirname(await findPromtool()), 'prometheus');
  if (isExecutable(beside)) return beside;
  const inRoot = (root: string): string => join(root, 'usr', 'bin', 'prometheus');
  const root = await fetchPackages({
    name: 'prometheus',
    packages: ['prometheus'],
    works: (folder) => Promise.resolve(isExecutable(inRoot(folder))),
  });
  if (root === undefined) throw new Error(MISSING);
  return inRoot(root);
}

export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  const program = await findPrometheus();
  const directory = makePrivateDirectory();
  try {
    const files = { ...options.files, 'prometheus.yml': options.configuration };
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    return await onFreePort((port) => startOn(port, program, directory));
  } catch (error) {
    await removeDirectory(directory);
    throw error;
  }
}

async function startOn(
  port: number,
  program: string,
  directory: string,
): Promise<PrometheusServer> {
  const server = await startProcess({
    ...{ name: 'Prometheus', program, directory, port },
    programArguments: [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    environment: {},
    deathSignal: 'KILL',
    greeting: 'GET /-/ready HTTP/1.0\r\n\r\n',
    isReady: (answer) => answer.toString('latin1').startsWith('HTTP/1.0 200'),
  });
  const api = async (path: string): Promise<unknown> => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { signal });
    return ((await answer.json()) as { readonly data: unknown }).data;
  };
  const query = async (expression: string): Promise<readonly Sample[]> => {
    const { result } = (await api(`/query?query=${encodeURIComponent(expression)}`)) as {
      readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
    };
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  };
  return {
    ...{ port, api, query },
    async awaits(expression, enough) {
      let last: readonly Sample[] = [];
      for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += POLL_MS) {
        last = await query(expression);
        if (enough(last)) return;
        await sleep(POLL_MS);
      }
      throw new Error(`Prometheus still says of ${expression}: ${JSON.stringify(last)}`);
    },
    async stop() {
      await server.end('SIGTERM');
      await removeDirectory(directory);
    },
  };
}
