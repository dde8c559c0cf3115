/** The last line of `npm test`: always there, always true, and the exit code agrees with it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { livingOf, openDoor, shutAllDoors, type Ended } from './door.js';
import { plantTests, removeClone, testingClone } from './scratch.js';

let clone = '';
// One for all of them: the first builds it, and a build takes longer than these tests.
beforeAll(() => {
  clone = testingClone();
});
afterEach(shutAllDoors);
afterAll(() => {
  removeClone(clone);
});

const caption = '/** A test that is planted here. */\n';
const head = `${caption}import { expect, it } from '@jest/globals';\n`;
const good = `${head}it('holds', () => expect(1).toBe(1));\n`;
const holds = "it('holds', () => expect(1).toBe(1));\n";
const bad = `${head}${holds}it('breaks', () => expect(1).toBe(2));\n`;
const broken = `${caption}import nothing from './nothing.js';\nnothing();\n`;
const leaving = `${head}import { spawn } from 'node:child_process';
it('leaves a process', () => {
  spawn('sleep', ['600'], { stdio: 'ignore' }).unref();
});
`;
const endless = `${head}it('waits', () => new Promise(() => console.log('waiting')), 600_000);\n`;

function run(tests: Record<string, string>, args: readonly string[] = []): Promise<Ended> {
  plantTests(clone, tests);
  return openDoor(clone, ['test', ...args]).ended;
}
const lastLine = (ended: Ended): string | undefined => ended.stdout.trimEnd().split('\n').at(-1);

describe('the last line', () => {
  it('counts what passed', async () => {
    const ended = await run({ 'a.test.ts': good, 'b.test.ts': good });
    expect([lastLine(ended), ended.code]).toEqual(['2 passed, 0 failed', 0]);
    expect(ended.stderr).not.toMatch(/ExperimentalWarning/);
  });

  it('counts what failed', async () => {
    const ended = await run({ 'a.test.ts': good, 'b.test.ts': bad });
    expect([lastLine(ended), ended.code]).toEqual(['2 passed, 1 failed', 1]);
  });

  it('counts a file that cannot be run as one failure', async () => {
    const ended = await run({ 'a.test.ts': good, 'b.test.ts': broken });
    expect([lastLine(ended), ended.code]).toEqual(['1 passed, 1 failed', 1]);
  });

  it('counts only what was asked for by name', async () => {
    const ended = await run({ 'a.test.ts': good, 'b.test.ts': bad }, ['tests/a']);
    expect([lastLine(ended), ended.code]).toEqual(['1 passed, 0 failed', 0]);
  });

  it('is a failure when no test has that name', async () => {
    const ended = await run({ 'a.test.ts': good }, ['tests/other']);
    expect([lastLine(ended), ended.code]).toEqual(['0 passed, 1 failed', 1]);
  });

  it('is a failure when a test leaves a process running, which is then ended', async () => {
    const ended = await run({ 'a.test.ts': leaving });
    expect([lastLine(ended), ended.code]).toEqual(['1 passed, 1 failed', 1]);
    expect(ended.stderr).toMatch(/^The tests left 1 process running; it was ended\.$/m);
  });

  it('is there when the run is stopped, and jest is stopped with it', async () => {
    plantTests(clone, { 'a.test.ts': endless });
    const door = openDoor(clone, ['test']);
    await door.said(/waiting/);
    door.signal('SIGTERM');
    const ended = await door.ended;
    expect([lastLine(ended), ended.code]).toEqual(['0 passed, 1 failed', 143]);
    expect(livingOf(door)).toEqual([]);
  });
});
