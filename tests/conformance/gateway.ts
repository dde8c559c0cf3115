/** The gateway in front of the suite's origin: every path, every method, `cache: http`. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadSettings, packageRoot } from '../../config/settings.js';
import { start, type Gateway } from '../../src/main.js';
import { makePrivateDirectory } from '../servers/lifetimes.js';

const configuration = (originUrl: string): string => `
upstreams:
  origin: { url: ${originUrl} }
routes:
  - { path: /**, upstream: origin, methods: any, cache: http }
`;

export async function openGateway(originUrl: string): Promise<Gateway> {
  const directory = makePrivateDirectory();
  try {
    const file = join(directory, 'gateway.yaml');
    await writeFile(file, configuration(originUrl));
    const environment = { PORT: '0', OPERATIONS_PORT: '0' };
    return await start({
      settings: loadSettings({ file, environment, packageRoot: packageRoot() }),
      version: '0.0.0-conformance',
      nodeVersion: process.version,
      logSink: new Writable({
        write(_chunk, _encoding, done) {
          done();
        },
      }),
      terminal: false,
      askToStop: () => undefined,
      reloads: () => ({ reloads: 0, refused: 0 }),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
