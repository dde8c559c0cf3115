/** What a door says when it cannot open: one plain sentence, a non-zero exit, and no stack. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDoor, shutAllDoors } from './door.js';
import { npmThatIs, removeClone, tinyClone } from './scratch.js';

let clone = '';
beforeEach(() => {
  clone = tinyClone();
});
afterEach(() => {
  shutAllDoors();
  removeClone(clone);
});

/** Makes node say that it is another version, before anything else runs. */
function nodeThatSays(version: string): NodeJS.ProcessEnv {
  const preload = join(clone, 'version.cjs');
  const value = JSON.stringify({ value: version });
  writeFileSync(preload, `Object.defineProperty(process.versions, 'node', ${value});\n`);
  return { NODE_OPTIONS: `--require ${preload}` };
}

describe('a refusal', () => {
  it.each(['20.18.9', '18.20.4', '9.0.0'])(
    'of Node %s names the version needed',
    async (version) => {
      const ended = await openDoor(clone, ['start'], nodeThatSays(version)).ended;
      const stderr = `Leyden needs Node.js 20.19 or newer; this is ${version}.\n`;
      expect(ended).toEqual({ code: 1, stdout: '', stderr });
    },
  );

  it('of an old Node ends `npm test` with the line that counts', async () => {
    const ended = await openDoor(clone, ['test'], nodeThatSays('18.0.0')).ended;
    expect(ended).toMatchObject({ code: 1, stdout: '0 passed, 1 failed\n' });
  });

  it('is not for Node 20.19', async () => {
    const env = { ...nodeThatSays('20.19.0'), ...npmThatIs(clone, 'unreachable') };
    expect((await openDoor(clone, ['start'], env).ended).stderr).not.toMatch(/needs Node/);
  });

  it('says that the registry cannot be reached', async () => {
    const ended = await openDoor(clone, ['start'], npmThatIs(clone, 'unreachable')).ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toBe(
      'Packages could not be installed: the package registry could not be reached (ENOTFOUND).\n',
    );
  });

  it('says that npm is missing', async () => {
    const bin = join(clone, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const ended = await openDoor(clone, ['test'], { PATH: bin, npm_execpath: '' }).ended;
    expect(ended).toEqual({
      code: 1,
      stdout: 'Installing packages (first start only) ...\n0 passed, 1 failed\n',
      stderr: 'npm is not on the PATH; it comes with Node.js and is needed to install packages.\n',
    });
  });

  it('names the doors that there are', async () => {
    const ended = await openDoor(clone, ['stat']).ended;
    expect(ended.stderr).toMatch(/^There is no such door; there are: start, test, .*\.\n$/);
    expect(ended.code).toBe(1);
  });

  it('keeps the syntax of the first file to what an old Node can read', () => {
    const text = readFileSync(join(clone, 'src/bootstrap.mjs'), 'utf8');
    expect(text).not.toMatch(/\?\?|\?\.|\bawait\b|`|^import |=>/m);
    expect(dirname(/import\('(.+?)'\)/.exec(text)?.[1] ?? '')).toBe('./bootstrap');
  });
});
