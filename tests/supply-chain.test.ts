/** Where our packages come from: one registry, exact versions, nothing known to be bad. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './tidy/files.js';
import { installScripts, knownBad, missingPlatforms, notExact, notLocked } from './tidy/supply.js';
import { notFromTheRegistry, withoutIntegrity } from './tidy/supply.js';
import type { LockFile, Manifest } from './tidy/supply.js';

const parsed = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));
const lock = parsed('package-lock.json') as LockFile;
const manifest = parsed('package.json') as Manifest;

const sum = `sha512-${'A'.repeat(86)}==`;
const good = { version: '1.0.0', integrity: sum };
const holding = (path: string, entry: object): LockFile => ({
  packages: { '': {}, 'node_modules/good': good, [path]: { ...good, ...entry } },
});

describe('case 130: what is installed', () => {
  it('comes from the public registry, never from git, a folder or another address', () => {
    expect(notFromTheRegistry(lock)).toEqual([]);
  });

  it('is checked against a sum', () => {
    expect(withoutIntegrity(lock)).toEqual([]);
  });

  it('needs no install script, and only listed development packages would have one', () => {
    expect(installScripts(lock)).toEqual([]);
  });

  it('can be installed on every platform that its packages support', () => {
    expect(missingPlatforms(lock)).toEqual([]);
  });

  it('is chosen by exact versions, and the lock file holds those', () => {
    expect(notExact(manifest)).toEqual([]);
    expect(notLocked(manifest, lock)).toEqual([]);
  });
});

describe('case 131: what is known to be bad', () => {
  it('is not in the lock file', () => {
    expect(knownBad(lock)).toEqual([]);
  });
});

describe('a fault in the lock file is reported', () => {
  it.each([
    ['git', { resolved: 'git+ssh://git@example.org/x.git#1' }],
    ['another address', { resolved: 'https://registry.example.org/x.tgz' }],
    ['a plain address', { resolved: 'http://registry.npmjs.org/x/-/x-1.0.0.tgz' }],
    ['a folder', { link: true }],
    ['an address instead of a version', { version: 'file:../x' }],
  ])('when a package comes from %s', (_name, entry) => {
    expect(notFromTheRegistry(holding('node_modules/x', entry))).toHaveLength(1);
  });

  it('when a sum is missing or weak', () => {
    expect(withoutIntegrity(holding('node_modules/x', { integrity: undefined }))).toHaveLength(1);
    expect(withoutIntegrity(holding('node_modules/x', { integrity: 'sha1-aaaa' }))).toHaveLength(1);
  });

  it('when an install script is not listed, or is wanted in production', () => {
    const scripted = { hasInstallScript: true };
    expect(installScripts(holding('node_modules/x', { ...scripted, dev: true }))).toHaveLength(1);
    expect(installScripts(holding('node_modules/esbuild', scripted))).toHaveLength(1);
    expect(installScripts(holding('node_modules/esbuild', { ...scripted, dev: true }))).toEqual([]);
  });

  it('when a platform package is missing', () => {
    const entry = { optionalDependencies: { 'x-linux': '1.0.0' } };
    expect(missingPlatforms(holding('node_modules/x', entry))).toEqual(['x-linux']);
  });

  it.each([
    ['node_modules/qs', '6.15.9', 1],
    ['node_modules/a/node_modules/qs', '6.15.9', 1],
    ['node_modules/qs', '6.16.0', 0],
    ['node_modules/qs', '7.0.0', 0],
    ['node_modules/undici', '6.99.0', 1],
    ['node_modules/undici', '7.30.0-alpha.1', 1],
    ['node_modules/http-proxy', '9.9.9', 1],
    ['node_modules/not-qs', '1.0.0', 0],
  ])('when a version is known to be bad: %s %s', (path, version, count) => {
    expect(knownBad(holding(path, { version }))).toHaveLength(count);
  });

  it('when package.json asks for a range or for what is not locked', () => {
    expect(notExact({ dependencies: { a: '^1.0.0' } })).toEqual(['a@^1.0.0']);
    expect(notLocked({ dependencies: { good: '1.0.1' } }, holding('x', {}))).toEqual([
      'good@1.0.1',
    ]);
  });
});
