/** `npm start` with the real gateway: where to go, what ends it, what it says when it cannot. */
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { livingOf, openByNpm, shutAllDoors, type Door } from './door.js';
import { copyOfOurs, removeClone } from './scratch.js';

const ENERGY = /http:\/\/127\.0\.0\.1:\d+\/energy\/gradient/;
const free = { HOST: '127.0.0.1', PORT: '0', OPERATIONS_HOST: '127.0.0.1', OPERATIONS_PORT: '0' };

let clone = '';
beforeAll(async () => {
  clone = copyOfOurs();
  // Builds if what is built is not what stands in the sources; every later start has nothing to do.
  const built = await openByNpm(clone, ['run', 'build'], {}).ended;
  if (built.code !== 0) throw new Error(`The build failed:\n${built.stdout}${built.stderr}`);
}, 120_000);
afterEach(shutAllDoors);
afterAll(() => {
  removeClone(clone);
});

const start = (env: Record<string, string> = {}): Door =>
  openByNpm(clone, ['start'], { ...free, ...env });

/** What npm itself prints around a script is not ours. */
const ours = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !/^(>|npm (warn|error|notice)\b)/.test(line));

async function refusedWith(env: Record<string, string>): Promise<string> {
  const ended = await start(env).ended;
  expect(ended.code).not.toBe(0);
  expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/^\s+at /m);
  expect(ours(ended.stdout)).toEqual([]);
  const said = ours(ended.stderr).filter((line) => !line.startsWith('{'));
  expect(said).toHaveLength(1);
  return said[0] ?? '';
}

describe('npm start', () => {
  it.each(['development', 'production'])(
    'answers, and SIGTERM to npm itself ends it with code 0 and no orphan (%s)',
    async (mode) => {
      const door = start({ NODE_ENV: mode });
      const [address] = await door.said(ENERGY);
      const answer = await fetch(`${address}?agents=16`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toHaveProperty('E_terms');
      door.signal('SIGTERM');
      const ended = await door.ended;
      expect(ended.code).toBe(0);
      expect(livingOf(door)).toEqual([]);
      expect(ended.stdout).not.toMatch(/Installing|Building/);
    },
  );

  it('ends by SIGINT with code 0 and no orphan', async () => {
    const door = start();
    await door.said(ENERGY);
    door.signal('SIGINT');
    expect((await door.ended).code).toBe(0);
    expect(livingOf(door)).toEqual([]);
  });

  it('says in one sentence that its port is busy', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const port = String((other.address() as AddressInfo).port);
    try {
      expect(await refusedWith({ PORT: port })).toContain(port);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it.each([
    ['a port that is none', { PORT: 'eighty' }, /PORT/],
    ['a setting that does not exist', { LEYDEN_NO_SUCH_THING: '1' }, /LEYDEN_NO_SUCH_THING/],
    ['a file that does not exist', { LEYDEN_CONFIG: 'nowhere.yaml' }, /nowhere\.yaml/],
  ])('refuses %s in one sentence', async (_name, env, named) => {
    expect(await refusedWith(env as unknown as Record<string, string>)).toMatch(named);
  });
});
