/** A Redis server for a benchmark: the one on PATH, or the one that the tests have fetched. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { packageRoot } from '../config/settings.js';

export interface BenchRedis {
  readonly port: number;
  readonly version: string;
  stop(): Promise<void>;
}

interface Program {
  readonly path: string;
  readonly libraries: string;
}

function find(): Program {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => [folder, '']);
  const cache = join(packageRoot(), '.cache', 'servers');
  const fetched = existsSync(cache)
    ? readdirSync(cache).map((name) => {
        const lib = join(cache, name, 'usr', 'lib');
        const folders = existsSync(lib) ? readdirSync(lib) : [];
        const libraries = folders.map((folder) => join(lib, folder)).join(delimiter);
        return [join(cache, name, 'usr', 'bin'), libraries];
      })
    : [];
  for (const [folder = '', libraries = ''] of [...onPath, ...fetched]) {
    // Debian's redis-tools holds the server too: it is redis-check-rdb under another name.
    for (const name of ['redis-server', 'redis-check-rdb']) {
      const path = join(folder, name);
      if (existsSync(path)) return { path, libraries };
    }
  }
  throw new Error('There is no redis-server on PATH; npm test fetches one.');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The version it says of itself, once it answers. */
async function greet(port: number): Promise<string> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write('INFO server\r\n');
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      return /redis_version:(\S+)/.exec(bytes.toString())?.[1] ?? 'unknown';
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      socket.destroy();
    }
  }
}

export async function startBenchRedis(): Promise<BenchRedis> {
  const { path, libraries } = find();
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'leyden-bench-'));
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory];
  const child = spawn(path, words, {
    argv0: 'redis-server',
    stdio: 'ignore',
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
  const end = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  return {
    port,
    version: await greet(port),
    async stop() {
      const ended = once(child, 'exit');
      end();
      await ended;
      process.off('exit', end);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
