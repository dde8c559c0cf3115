/** Fetches the public cache tests from the npm registry, once, and checks that it is they. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCommand } from '../servers/commands.js';
import { isAlive, ownName } from '../servers/lifetimes.js';
import { withLock } from '../servers/lock.js';

export const SUITE_VERSION = '0.4.5';
const NAME = `http-cache-tests-${SUITE_VERSION}`;
const INTEGRITY =
  'sha512-DjuwN9nUZXLTW+wav1LRESCZNVxl8SshwOy4z1pxuWbWt5/ay6sM9QQ1lebBaDO6P1IMBoK6mdf+PuVP/QNL8A==';

const PACK_MS_MAX = 90_000;
const UNPACK_MS_MAX = 30_000;
const LOCK_MS_MAX = PACK_MS_MAX + UNPACK_MS_MAX;
/** What is run; the recorded results of other caches and the web pages stay in the archive. */
const PARTS = ['client', 'lib', 'server', 'tests', 'asset', 'results', 'package.json', 'LICENSE'];

const missing = (why: string): string =>
  `The public cache tests are not here and could not be fetched (${why}): ` +
  `\`npm pack http-cache-tests@${SUITE_VERSION}\` must work once; afterwards they are kept.`;

/** The folder of the suite. The sentence it throws says what could not be had. */
export async function fetchSuite(cache: string): Promise<string> {
  const folder = join(cache, NAME);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  return withLock(`${folder}.lock`, { waitMs: LOCK_MS_MAX }, async () => {
    if (existsSync(folder)) return folder;
    await removeUnfinished(cache);
    const work = `${folder}.unfinished-${ownName()}`;
    try {
      await mkdir(join(work, 'whole'), { recursive: true });
      await unpack(await download(work), join(work, 'whole'));
      // Only a whole folder ever gets the final name, so an interrupted fetch leaves none.
      await rename(join(work, 'whole'), folder);
      return folder;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

async function removeUnfinished(cache: string): Promise<void> {
  const prefix = `${NAME}.unfinished-`;
  for (const entry of await readdir(cache)) {
    if (!entry.startsWith(prefix) || isAlive(entry.slice(prefix.length))) continue;
    await rm(join(cache, entry), { recursive: true, force: true });
  }
}

async function download(work: string): Promise<string> {
  const words = ['pack', `http-cache-tests@${SUITE_VERSION}`, '--ignore-scripts', '--silent'];
  await runCommand('npm', [...words, '--pack-destination', work], {
    deadlineMs: PACK_MS_MAX,
    directory: work,
  });
  const archive = join(work, `${NAME}.tgz`);
  const bytes = await readFile(archive).catch(() => undefined);
  if (bytes === undefined) throw new Error(missing('no answer from the registry'));
  if (integrityOf(bytes) !== INTEGRITY) throw new Error(missing('the registry sent other bytes'));
  return archive;
}

export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

async function unpack(archive: string, folder: string): Promise<void> {
  const parts = PARTS.map((part) => `package/${part}`);
  const words = ['-xzf', archive, '-C', folder, '--strip-components=1', '--no-same-owner'];
  const { succeeded } = await runCommand('tar', [...words, ...parts], {
    deadlineMs: UNPACK_MS_MAX,
  });
  if (!succeeded) throw new Error(missing('tar could not unpack it'));
}

export type Kind = 'required' | 'optimal' | 'check';

export interface SuiteTest {
  readonly id: string;
  readonly name: string;
  readonly kind?: Kind;
  readonly browser_only?: boolean;
  /** Prints what client and origin saw. */
  dump?: boolean;
}

export interface SuiteSet {
  readonly id: string;
  readonly name: string;
  readonly tests: readonly SuiteTest[];
}

/** True, or what went wrong and the sentence about it. */
export type SuiteResult = true | readonly [kind: string, sentence: string];
export type SuiteResults = Readonly<Record<string, SuiteResult>>;

/** The suite's own answer to what a result means; the third is the sign it prints. */
export type Judge = (
  sets: readonly SuiteSet[],
  id: string,
  results: SuiteResults,
  honorDependencies: boolean,
) => readonly [string, string, string];

/** Loads one of the suite's modules by its path inside the package. */
export async function loadPart<T>(folder: string, path: string): Promise<T> {
  return (await import(pathToFileURL(join(folder, path)).href)) as T;
}

/**
 * All tests in the suite's own order, the ones about Surrogate-Control last, as its client does.
 */
export async function loadSets(folder: string): Promise<readonly SuiteSet[]> {
  const index = await loadPart<{ default: readonly SuiteSet[] }>(folder, 'tests/index.mjs');
  const path = 'tests/surrogate-control.mjs';
  const surrogate = await loadPart<{ default: SuiteSet }>(folder, path);
  return [...index.default, surrogate.default];
}
