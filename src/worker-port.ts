/** The public port before anybody listens on it: all workers must be told the same one. */
import { createServer } from 'node:net';
import type { Settings } from '../config/settings.js';
import { bind } from './server/bind.js';

/** The port of the settings, or a free one where they leave that open. */
export async function publicPort({ server: { host, port } }: Settings): Promise<number> {
  const names = { host: 'HOST', port: 'PORT' };
  const probe = createServer();
  const own = await bind(probe, { host, port, backlog: 1, settings: names });
  await new Promise<void>((resolve) => {
    probe.close(() => {
      resolve();
    });
  });
  return own.port;
}
