/** The fetch of packages: whole or not at all, once for all workers, and quiet when it cannot. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type PackageWish, fetchPackages } from './fetch.js';

let folder: string;
const path = process.env['PATH'];

/** Stands in for a program on PATH; each call leaves a line in `calls`. */
function fake(name: string, script: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> '${folder}/calls'\n${script}\n`);
  chmodSync(file, 0o755);
}

const APT_THAT_DOWNLOADS = `
for word in "$@"; do
  case "$word" in Dir::Cache::archives=*) archives="\${word#*=}";; esac
done
case "$*" in *install*) touch "$archives/server_1_all.deb";; esac`;
const DPKG_THAT_UNPACKS = 'mkdir -p "$3/usr/bin" && echo new > "$3/usr/bin/server"';

function wish(works: PackageWish['works'] = hasServer): PackageWish {
  return { name: 'server', packages: ['server-tools'], folder: join(folder, 'cache'), works };
}

function hasServer(root: string): Promise<boolean> {
  return Promise.resolve(existsSync(join(root, 'usr', 'bin', 'server')));
}

function calls(pattern: RegExp): number {
  const file = join(folder, 'calls');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.filter((line) => pattern.test(line)).length;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leyden-fetch-'));
  mkdirSync(join(folder, 'bin'));
  process.env['PATH'] = `${join(folder, 'bin')}${delimiter}${path ?? ''}`;
  fake('apt-get', APT_THAT_DOWNLOADS);
  fake('dpkg', DPKG_THAT_UNPACKS);
});

afterEach(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true });
});

it('two workers that ask at once get the same folder, and it is fetched once', async () => {
  const [first, second] = await Promise.all([fetchPackages(wish()), fetchPackages(wish())]);
  expect(first).toBeDefined();
  expect(second).toBe(first);
  expect(calls(/apt-get .*install .*server-tools/)).toBe(1);
});

it('what was fetched before is used without a word to apt', async () => {
  const root = await fetchPackages(wish());
  rmSync(join(folder, 'calls'));
  expect(await fetchPackages(wish())).toBe(root);
  expect(calls(/./)).toBe(0);
});

it('what was fetched before and does not run any more is fetched anew', async () => {
  const root = await fetchPackages(wish());
  const program = join(root!, 'usr', 'bin', 'server');
  writeFileSync(program, 'broken');
  const works = (): Promise<boolean> => Promise.resolve(readFileSync(program, 'utf8') === 'new\n');
  const asFetched: PackageWish['works'] = (at) => (at === root ? works() : hasServer(at));
  expect(await fetchPackages(wish(asFetched))).toBe(root);
  expect(await works()).toBe(true);
});

it('an interrupted fetch leaves nothing that hinders or deceives the next one', async () => {
  const root = await fetchPackages(wish());
  rmSync(root!, { recursive: true });
  mkdirSync(`${root!}.lock`);
  writeFileSync(join(`${root!}.lock`, 'owner'), '999999999-1');
  mkdirSync(`${root!}.unfinished-999999999-1`);
  expect(await fetchPackages(wish())).toBe(root);
  expect(readdirSync(join(folder, 'cache')).map((name) => join(folder, 'cache', name))).toEqual([
    root,
  ]);
});

it('an apt that fails yields nothing and leaves nothing', async () => {
  fake('apt-get', 'exit 100');
  expect(await fetchPackages(wish())).toBeUndefined();
  expect(readdirSync(join(folder, 'cache'))).toEqual([]);
});

it('a failed update does not matter when the packages can still be had', async () => {
  fake('apt-get', `${APT_THAT_DOWNLOADS}\ncase "$*" in *update) exit 100;; esac`);
  expect(await fetchPackages(wish())).toBeDefined();
});

it('packages whose program does not run here are not kept', async () => {
  expect(await fetchPackages(wish(() => Promise.resolve(false)))).toBeUndefined();
  expect(readdirSync(join(folder, 'cache'))).toEqual([]);
});
