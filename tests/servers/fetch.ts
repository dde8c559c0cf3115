/** Fetches Debian packages into a private folder, as any user; nothing is installed. */
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath, runCommand } from './commands.js';
import { isAlive, ownName } from './lifetimes.js';
import { withLock } from './lock.js';

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where fetched programs stay between runs; git ignores it. */
export const serversFolder = join(repositoryRoot, '.cache', 'servers');

const UPDATE_MS_MAX = 90_000;
const DOWNLOAD_MS_MAX = 120_000;
const EXTRACT_MS_MAX = 30_000;
const LOCK_MS_MAX = UPDATE_MS_MAX + DOWNLOAD_MS_MAX + EXTRACT_MS_MAX;

export interface PackageWish {
  readonly name: string;
  readonly packages: readonly string[];
  /** Whether what was unpacked runs here; a cached folder that does not is fetched anew. */
  readonly works: (root: string) => Promise<boolean>;
  readonly folder?: string;
}

/** The root below which the packages are unpacked, or undefined when they cannot be had. */
export async function fetchPackages(wish: PackageWish): Promise<string | undefined> {
  const folder = wish.folder ?? serversFolder;
  const root = join(folder, `${wish.name}-${process.arch}-${await systemName()}`);
  if (existsSync(root) && (await wish.works(root))) return root;
  if (findOnPath('apt-get').length === 0 || findOnPath('dpkg').length === 0) return undefined;
  await mkdir(folder, { recursive: true });
  return withLock(`${root}.lock`, { waitMs: LOCK_MS_MAX }, async () => {
    if (existsSync(root) && (await wish.works(root))) return root;
    await removeUnfinished(root);
    const work = `${root}.unfinished-${ownName()}`;
    try {
      await mkdir(work);
      if (!(await download(work, wish.packages))) return undefined;
      if (!(await extract(work)) || !(await wish.works(join(work, 'root')))) return undefined;
      // Only a whole folder ever gets the final name, so an interrupted fetch leaves none.
      await rm(root, { recursive: true, force: true });
      await rename(join(work, 'root'), root);
      return root;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/** What to add to a program's environment so that it finds the libraries beside it. */
export async function libraryEnvironment(root: string): Promise<{ LD_LIBRARY_PATH: string }> {
  const folders: string[] = [];
  for (const parent of [join(root, 'usr', 'lib'), join(root, 'lib')]) {
    const entries = await readdir(parent).catch(() => []);
    folders.push(...entries.filter((e) => e.includes('-linux-')).map((e) => join(parent, e)));
  }
  return { LD_LIBRARY_PATH: folders.join(':') };
}

/** Libraries of one distribution do not fit another one that shares the checkout. */
async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string): string =>
    new RegExp(`^${name}="?([\\w.]+)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}`;
}

async function removeUnfinished(root: string): Promise<void> {
  const prefix = `${root}.unfinished-`;
  for (const entry of await readdir(dirname(root))) {
    const path = join(dirname(root), entry);
    if (!path.startsWith(prefix) || isAlive(path.slice(prefix.length))) continue;
    await rm(path, { recursive: true, force: true });
  }
}

/** apt-get with a state and a cache of its own: it needs no rights and locks nobody out. */
async function download(work: string, packages: readonly string[]): Promise<boolean> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'log']) {
    await mkdir(join(work, folder), { recursive: true });
  }
  const settings = [
    `Dir::State=${work}/state`,
    `Dir::State::Lists=${work}/state/lists`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${work}/cache`,
    `Dir::Cache::archives=${work}/cache/archives`,
    `Dir::Log=${work}/log`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
  ].flatMap((setting) => ['-o', setting]);
  // The update also fails for reasons that don't matter here: a source of somebody else that is
  // gone, a hook of the system that wants root. Whether it was good enough shows in the download.
  await runCommand('apt-get', [...settings, '-q', 'update'], { deadlineMs: UPDATE_MS_MAX });
  const words = ['-q', '-y', 'install', '--download-only', '--no-install-recommends'];
  const { succeeded } = await runCommand('apt-get', [...settings, ...words, ...packages], {
    deadlineMs: DOWNLOAD_MS_MAX,
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
  });
  return succeeded;
}

async function extract(work: string): Promise<boolean> {
  const archives = join(work, 'cache', 'archives');
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  await mkdir(join(work, 'root'));
  for (const file of files) {
    const unpacked = await runCommand('dpkg', ['-x', join(archives, file), join(work, 'root')], {
      deadlineMs: EXTRACT_MS_MAX,
    });
    if (!unpacked.succeeded) return false;
  }
  return files.length > 0;
}
