/** Prometheus' own judge of metrics and rules, from PATH or fetched as any user. */
import { join } from 'node:path';
import { findOnPath, isExecutable, majorVersion } from './commands.js';
import { fetchPackages } from './fetch.js';
import { knownMissing } from './missing.js';

const VERSION_MIN = 2;
const VERSION = /promtool, version (\d+)/;
const MISSING =
  'promtool 2 or newer is not here and could not be fetched: install the Debian package ' +
  'prometheus.';

/** Finds or fetches the program; the sentence it throws says what to install. */
export async function findPromtool(): Promise<string> {
  knownMissing('promtool');
  for (const path of findOnPath('promtool')) if (await runs(path)) return path;
  const inRoot = (root: string): string => join(root, 'usr', 'bin', 'promtool');
  const root = await fetchPackages({
    name: 'prometheus',
    packages: ['prometheus'],
    works: (folder) => runs(inRoot(folder)),
  });
  if (root === undefined) throw new Error(MISSING);
  return inRoot(root);
}

async function runs(path: string): Promise<boolean> {
  if (!isExecutable(path)) return false;
  const version = await majorVersion(path, VERSION);
  return version !== undefined && version >= VERSION_MIN;
}
