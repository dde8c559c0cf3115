/** `leyden warm` and `leyden top`, as processes of their own beside a gateway that runs. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { TOKEN } from '../fakes/gateway.js';
import {
  endEverything,
  leyden,
  leydenStart,
  scratchSettings,
  type Ended,
  type RunningLeyden,
} from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

let origin: Origin;
let running: RunningLeyden;
let settings = '';
beforeAll(async () => {
  origin = await openOrigin();
  const yaml = `
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /c/*, upstream: some, cache: { ttl: 300s } }
  - { path: /x/**, upstream: some }
`;
  running = await leydenStart(yaml, { OPERATIONS_TOKEN: TOKEN });
  settings = scratchSettings(yaml);
});
afterAll(async () => {
  await endEverything();
  await origin.close();
});

function run(...words: readonly string[]): Promise<Ended> {
  const there = `http://127.0.0.1:${running.operationsPort}`;
  const at = ['--operations', there, '--config', settings];
  return leyden([...words, ...at], { OPERATIONS_TOKEN: TOKEN }).ended;
}

const kindOf = async (path: string): Promise<string | undefined> =>
  (await ask(running.port, path)).headers['x-cache'];

describe('leyden warm', () => {
  it('has addresses computed and ends when they are there', async () => {
    const { code, stdout, stderr } = await run('warm', '/c/1', '/c/2', '/c/1');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^3 of 3: 2 computed, 1 fresh already\n$/m);
    expect([await kindOf('/c/1'), await kindOf('/c/2')]).toEqual(['HIT', 'HIT']);
  });

  it('reads a file of addresses, a thousand at a time', async () => {
    const file = join(dirname(settings), 'list.txt');
    const lines = Array.from({ length: 1_100 }, (_, nth) => `/c/file-${nth}`);
    writeFileSync(file, `# these\n\n${lines.join('\n')}\n`);
    const { code, stdout } = await run('warm', '--file', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1000 of 1000: 1000 computed/m);
    expect(stdout).toMatch(/^100 of 100: 100 computed/m);
    expect(await kindOf('/c/file-1099')).toBe('HIT');
  });

  it('names what was refused and what was not kept, and fails with one sentence', async () => {
    origin.answer((_req, res) => {
      res.writeHead(500).end();
    });
    const { code, stdout, stderr } = await run('warm', '/x/1', '/c/bad');
    origin.answer(undefined);
    expect([code, stderr]).toEqual([1, '2 not warmed.\n']);
    expect(stdout).toMatch(/^refused: no-cache-rule {2}\/x\/1$/m);
    expect(stdout).toMatch(/^1 of 1: 0 computed, 0 fresh already, not warmed: 1 \S+$/m);
  });

  it('stops waiting when it was told to, and says where to look', async () => {
    origin.answer(() => undefined);
    const { code, stderr } = await run('warm', '/c/hangs', '--wait', '1ms');
    origin.answer(undefined);
    expect(code).toBe(75);
    expect(stderr).toMatch(/^It is still running; http:\S+\/admin\/cache\/warm\/\S+ says how far/);
  });

  it.each([
    [['warm'], 64, /^leyden start /],
    [['warm', '--top', 'many'], 64, /^--top must be/],
    [['warm', '/c/1', '--wait', 'long'], 64, /^--wait must be/],
    [['warm', 'no-such-file.txt'], 66, /^The file no-such-file.txt cannot be read\.$/m],
  ] as const)('%j shows how it is meant', async (words, exit, sentence) => {
    const { code, stderr } = await run(...words);
    expect(code).toBe(exit);
    expect(stderr).toMatch(sentence);
  });
});

describe('leyden top', () => {
  it('shows what saved the most first, and warm --top finds nothing old among it', async () => {
    for (let nth = 0; nth < 5; nth += 1) await kindOf('/c/2');
    const { code, stdout } = await run('top', '--limit', '1');
    expect(code).toBe(0);
    const [head = '', first = '', ...rest] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^saved +hits +cost +age +state +route +address$/);
    expect(first).toMatch(/^\S+ s +\d+ +\d+ ms +\S+ s +fresh +\/c\/\* +127\.0\.0\.1:\d+\/c\/\S+$/);
    expect(rest).toEqual([]);
    const warmed = await run('warm', '--top', '10');
    expect([warmed.code, warmed.stdout]).toEqual([...[0, '0 of 0: 0 computed, 0 fresh already\n']]);
  });

  it('says so when there is nothing to show, and what it knows when asked wrongly', async () => {
    expect((await run('top', '--limit', '0')).stderr).toMatch(/422.*limit/);
  });
});
