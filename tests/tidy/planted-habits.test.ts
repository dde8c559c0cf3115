/** The house rules seen at work: a planted bad habit or a dangerous call is reported. */
import { describe, expect, it } from '@jest/globals';
import type { Rule } from './files.js';
import { environmentInConfig, nothingLeftForLater, timeFromTheClock } from './habits.js';
import { noHazards, noMachinePaths } from './hazards.js';

const heard = (rule: Rule, path: string, text: string): number => rule({ path, text }).length;

describe('time', () => {
  it.each([
    'const t = Date.now();',
    'const t = new Date();',
    'const t = new Date;',
    'const t = Date();',
    'const t = performance.now();',
    'const t = globalThis.performance.now();',
    'const t = process.hrtime.bigint();',
    'const t = process.uptime();',
    'setTimeout(f, 5);',
    'globalThis.setInterval(f, 5);',
    'const later = setTimeout;',
    'const s = AbortSignal.timeout(5);',
    "import { setTimeout as wait } from 'node:timers/promises';",
    "import { performance } from 'perf_hooks';",
  ])('is read by the clock alone: %s', (text) => {
    expect(heard(timeFromTheClock, 'src/cache/a.ts', text)).toBeGreaterThan(0);
    expect(heard(timeFromTheClock, 'src/clock.ts', text)).toBe(0);
  });

  it.each([
    'const t = new Date(0);',
    "const t = Date.parse('x');",
    "const t = 'Date.now()'; // setTimeout",
    'socket.setTimeout(5);',
    'const options = { setTimeout: 5 };',
    'clock.after(5, f);',
  ])('is not read by %s', (text) => {
    expect(heard(timeFromTheClock, 'src/cache/a.ts', text)).toBe(0);
  });
});

describe('the environment', () => {
  it.each([
    "const a = process.env['A'];",
    'const { A } = process.env;',
    "const a = process['env'];",
    "import { env } from 'node:process';",
    "import { env as e } from 'process';",
  ])('is read by config alone: %s', (text) => {
    expect(heard(environmentInConfig, 'src/main.ts', text)).toBe(1);
    expect(heard(environmentInConfig, 'config/a.ts', text)).toBe(0);
  });

  it('may be spoken of', () => {
    expect(heard(environmentInConfig, 'src/main.ts', "say('process.env');")).toBe(0);
  });
});

describe('what is left for later', () => {
  it.each([
    '// TODO: mend this',
    'f(/* FIXME */);',
    'const a = 1; // @ts-ignore',
    '// @ts-expect-error it is wrong',
    '// eslint-disable-next-line no-console',
    'const a = b as any;',
    'let a: any;',
    'const a = (b as unknown) as any[];',
    "describe.only('x', f);",
    "it.skip('x', f);",
    "it.skip.each([])('x', f);",
    "test.todo('x');",
    "xit('x', f);",
    "fdescribe('x', f);",
    "console.log('x');",
  ])('is reported: %s', (text) => {
    expect(heard(nothingLeftForLater, 'src/cache/a.ts', text)).toBeGreaterThan(0);
  });

  it.each([
    "const a = 'TODO';",
    "const a = 'it.only(1)';",
    '// eslint-disable-next-line no-console -- this is the command line',
    'const any = 1;',
    "it.each([])('x', f);",
    'const only = a.only;',
  ])('is not reported: %s', (text) => {
    expect(heard(nothingLeftForLater, 'src/cache/a.ts', text)).toBe(0);
  });
});

describe('calls that have hurt gateways', () => {
  it.each([
    ['src/cache/a.ts', 'Buffer.allocUnsafe(5);'],
    ['middleware/a.ts', 'Buffer.allocUnsafeSlow(5);'],
    ['src/upstream/a.ts', 'new URL(target, base);'],
    ['src/server/a.ts', "new URL(request.url, 'http://x');"],
    ['src/server/a.ts', 'const agent = new http.Agent();'],
    ['src/server/a.ts', "import { Agent } from 'node:http';"],
    ['src/server/a.ts', "import { globalAgent as a } from 'node:https';"],
  ])('are reported: %s, %s', (path, text) => {
    expect(heard(noHazards, path, text)).toBe(1);
  });

  it.each([
    ['src/cache/a.ts', 'Buffer.alloc(5);'],
    ['src/upstream/a.ts', 'new URL(origin);'],
    ['src/upstream/a.ts', "import { Agent } from 'undici';"],
    ['src/server/a.ts', "new URL('./worker.js', import.meta.url);"],
  ])('are not seen in %s, %s', (path, text) => {
    expect(heard(noHazards, path, text)).toBe(0);
  });
});

describe('folders of a machine', () => {
  const planted = ['work', 'root', 'home/somebody', 'Users/somebody'];

  it.each(planted)('are reported: %s', (folder) => {
    expect(heard(noMachinePaths, 'README.md', `see /${folder}/notes`)).toBe(1);
  });

  it.each(['https://example.org/root/x', '/energy/gradient', '~/work/x', '$HOME/work/x'])(
    'are not seen in %s',
    (text) => {
      expect(heard(noMachinePaths, 'README.md', text)).toBe(0);
    },
  );
});
