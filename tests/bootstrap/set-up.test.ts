/** What the first and the second command in a clone do: install and build once, and what if not. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDoor, shutAllDoors, type Ended } from './door.js';
import { npmThatIs, removeClone, tinyClone } from './scratch.js';

let clone = '';
beforeEach(() => {
  clone = tinyClone();
});
afterEach(() => {
  shutAllDoors();
  removeClone(clone);
});

const npmCalls = (): string[] =>
  existsSync(join(clone, 'npm-calls'))
    ? readFileSync(join(clone, 'npm-calls'), 'utf8').trimEnd().split('\n')
    : [];
const start = (npm = 'good', env = {}): Promise<Ended> =>
  openDoor(clone, ['start', '0'], { ...npmThatIs(clone, npm), ...env }).ended;

describe('the first start', () => {
  it('installs and builds, the second does neither', async () => {
    const first = await start();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^Installing .*\nPackages installed in .*\nBuilding .*\nBuilt in .*\nrunning start 0\n$/,
    );
    expect(await start()).toEqual({ code: 0, stdout: 'running start 0\n', stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  it('installs development packages, runs no scripts, also with NODE_ENV=production', async () => {
    expect((await start('good', { NODE_ENV: 'production' })).code).toBe(0);
    expect(npmCalls()[0]).toMatch(/^ci .*--include=dev .*--ignore-scripts/);
  });

  it('leaves the exit code of the gateway as it is', async () => {
    const door = openDoor(clone, ['start', '78'], npmThatIs(clone, 'good'));
    expect((await door.ended).code).toBe(78);
  });

  it('is done again when an install was cut short', async () => {
    const cut = await start('half');
    expect(cut.code).toBe(1);
    expect(cut.stderr).toMatch(/^Packages could not be installed: .*\.\n$/);
    expect((await start()).code).toBe(0);
    expect(npmCalls()).toHaveLength(2);
  });
});

describe('a later start', () => {
  beforeEach(async () => {
    await start();
  });

  it('builds again when a source has changed, and only then', async () => {
    appendFileSync(join(clone, 'src/command/leyden.ts'), 'export const more = 1;\n');
    const changed = await start();
    expect(changed.stdout).toMatch(/^Building .*\nBuilt in .*\nrunning start 0\n$/);
    expect((await start()).stdout).toBe('running start 0\n');
  });

  it('builds again when what was built is gone, and removes what has no source', async () => {
    mkdirSync(join(clone, 'dist/src/cache'));
    writeFileSync(join(clone, 'dist/src/cache/gone.js'), '');
    rmSync(join(clone, 'dist/src/command/leyden.js'));
    const repaired = await start();
    expect(repaired.stdout).toMatch(/^Building .*\nBuilt in .*\nrunning start 0\n$/);
    expect(existsSync(join(clone, 'dist/src/cache/gone.js'))).toBe(false);
  });

  it('installs again when a package is gone', async () => {
    rmSync(join(clone, 'node_modules/yaml'), { recursive: true });
    expect((await start()).stdout).toMatch(/^Installing .*\nPackages installed in .*\nrunning/);
  });

  it('installs again when the lock file asks for another version', async () => {
    const path = join(clone, 'package-lock.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"version":"', '"version":"9'));
    expect((await start()).stdout).toMatch(/^Installing .*\nPackages installed in/);
  });

  it('shows what the compiler says when a source is wrong, and starts nothing', async () => {
    appendFileSync(join(clone, 'src/command/leyden.ts'), 'const wrong: number = "x";\n');
    const wrong = await start();
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).not.toMatch(/running/);
    expect(wrong.stderr).toMatch(/leyden\.ts\(\d+,\d+\): error TS2322[^]*\nThe build failed\.\n$/);
  });
});
