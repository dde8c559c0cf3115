/** The install door: are all packages of the lock file there, and if not, `npm ci`. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './children.mjs';
import { Refusal } from './say.mjs';

const INSTALL_MAX_MS = 14 * 60_000;
/** npm writes this file last, so an install that was cut short has none. */
const HIDDEN_LOCK = 'node_modules/.package-lock.json';

/** Compares what the lock file asks for with what npm says it installed; a few milliseconds. */
export function isInstalled(root) {
  // A published package has no lock file; whoever installed it installed its packages.
  if (!existsSync(join(root, 'package-lock.json'))) return true;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, HIDDEN_LOCK));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (entry.optional === true && !isForHere(entry))) return true;
    const there = present[path];
    if (there?.version !== entry.version || there.integrity !== entry.integrity) return false;
    return existsSync(join(root, path, 'package.json'));
  });
}

/** Whether an optional package must be here. Where the C library decides, npm alone can tell. */
function isForHere({ os, cpu, libc }) {
  if (os === undefined || cpu === undefined || libc !== undefined) return false;
  return os.includes(process.platform) && cpu.includes(process.arch);
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Installs with development packages, for they build the product, and runs no install scripts. */
export async function install(root, worksIn) {
  // What is not whole must not look whole while npm is still removing it.
  rmSync(join(root, HIDDEN_LOCK), { force: true });
  const { command, before } = npmCommand();
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit'];
  const calm = ['--no-fund', '--no-progress', '--loglevel=error', '--prefer-offline'];
  const retries = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000'];
  let result;
  try {
    result = await run(command, [...before, ...args, ...calm, ...retries], {
      cwd: root,
      quiet: true,
      deadlineMs: INSTALL_MAX_MS,
      onStart: worksIn,
    });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Refusal(
      'npm is not on the PATH; it comes with Node.js and is needed to install packages.',
    );
  }
  if (result.code !== 0) throw refusalOf(root, result);
  if (!isInstalled(root)) {
    throw new Refusal('npm says that it installed everything, but packages are missing.');
  }
}

/** The npm that started us, or the one on the PATH. */
function npmCommand() {
  const path = process.env.npm_execpath ?? '';
  if (/npm-cli\.c?js$/.test(path) && existsSync(path)) {
    return { command: process.execPath, before: [path] };
  }
  return { command: 'npm', before: [] };
}

function refusalOf(root, { code, output, late }) {
  const log = join('.cache', 'install.log');
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(join(root, log), output);
  const word = /\bcode (E[A-Z_0-9]+)/.exec(output)?.[1] ?? `exit code ${code}`;
  const unreachable = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)/;
  if (late || unreachable.test(word) || word === 'ENOTCACHED' || word === 'EHOSTUNREACH') {
    const why = late ? 'it took too long' : word;
    return new Refusal(
      `Packages could not be installed: the package registry could not be reached (${why}).`,
    );
  }
  if (word === 'EACCES' || word === 'EPERM' || word === 'EROFS') {
    return new Refusal(`Packages could not be installed: this user may not write here (${word}).`);
  }
  return new Refusal(`Packages could not be installed: npm ci ended with ${word}; see ${log}.`);
}
