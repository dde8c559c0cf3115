/** Several commands in one clone, and commands that are stopped or killed while they set it up. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { livingOf, openDoor, shutAllDoors, type Door } from './door.js';
import { appears, npmThatIs, removeClone, tinyClone } from './scratch.js';

let clone = '';
beforeEach(() => {
  clone = tinyClone();
});
afterEach(() => {
  shutAllDoors();
  removeClone(clone);
});

const start = (npm: string): Door => openDoor(clone, ['start', '0'], npmThatIs(clone, npm));
const npmCalls = (): number =>
  readFileSync(join(clone, 'npm-calls'), 'utf8').trimEnd().split('\n').length;

const record = (holder: object): string =>
  JSON.stringify({ token: 'x', host: hostname(), ...holder });

describe('two commands at once', () => {
  it('install and build once, and both run', async () => {
    const first = start('slow');
    await appears(clone, 'npm-pid');
    const second = start('good');
    await second.said(/^Another command is setting up this clone; waiting for it \.\.\.$/m);
    writeFileSync(join(clone, 'npm-go'), '');
    const [one, two] = await Promise.all([first.ended, second.ended]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(npmCalls()).toBe(1);
    expect(two.stdout).not.toMatch(/Installing|Building/);
    expect(existsSync(join(clone, '.cache/setup.lock'))).toBe(false);
  });

  it('go on when the first was killed: its install is waited for and the rest done', async () => {
    const first = start('slow');
    await appears(clone, 'npm-pid');
    first.signal('SIGKILL');
    const second = start('good');
    // npm still works for the one that is gone, and must not be disturbed.
    await second.said(/^Another command is setting up/m);
    writeFileSync(join(clone, 'npm-go'), '');
    expect(await second.ended).toMatchObject({ code: 0, stderr: '' });
    expect(npmCalls()).toBe(1);
  });

  it.each([
    ['is gone, though its number is in use again', record({ pid: 1, born: 'long ago' })],
    ['wrote nothing that can be read', '{"token":"x","host":"'],
  ])('do not wait for a lock whose holder %s', async (_name, text) => {
    mkdirSync(join(clone, '.cache'));
    writeFileSync(join(clone, '.cache/setup.lock'), text);
    expect(await start('good').ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a signal while packages are installed', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends everything at once: %s', async (signal, code) => {
    const door = start('slow');
    await appears(clone, 'npm-pid');
    door.signal(signal);
    const ended = await door.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toBe(`Stopped by ${signal}.\n`);
    expect(livingOf(door)).toEqual([]);
    // Nothing is left that the next one would trip over.
    expect((await start('good').ended).code).toBe(0);
  });
});
