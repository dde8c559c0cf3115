/** `leyden explain`, `purge` and `list`: with a gateway that runs, and without one. */
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
let yaml = '';
beforeAll(async () => {
  origin = await openOrigin();
  yaml = `
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /c/*, upstream: some, cache: { ttl: 30s, staleIfError: 60s } }
  - { path: /x/**, upstream: some }
`;
  running = await leydenStart(yaml, { OPERATIONS_TOKEN: TOKEN });
});
afterAll(async () => {
  await endEverything();
  await origin.close();
});

const ENV = { OPERATIONS_TOKEN: TOKEN };
const there = (): string => `http://127.0.0.1:${running.operationsPort}`;

function run(words: readonly string[], env: Record<string, string> = ENV): Promise<Ended> {
  return leyden([...words, '--config', scratchSettings(yaml)], env).ended;
}

describe('with a gateway that runs', () => {
  it('explain, list and purge tell of the same answer', async () => {
    await ask(running.port, '/c/1');
    const at = ['--operations', there()];
    const explained = await run(['explain', '/c/1', '-H', 'Accept: */*', ...at]);
    expect([explained.code, explained.stderr]).toEqual([0, '']);
    expect(explained.stdout).toMatch(/^verdict +hit$/m);
    expect(explained.stdout).toMatch(/^cache_status +leyden; hit; ttl=\d+; detail=l1$/m);
    const listed = await run(['list', '--prefix', '/c/', ...at]);
    expect(listed.stdout).toMatch(/ fresh .* anon {2}127\.0\.0\.1:\d+\/c\/1\n1 stored\n$/);
    const purged = await run(['purge', '/c/1', ...at]);
    expect(purged.stdout).toMatch(/^matched +1$/m);
    expect((await ask(running.port, '/c/1')).headers['x-cache']).toBe('MISS');
    const none = await run(['list', '--tag', 'none', ...at]);
    expect(none.stdout).toBe('0 stored\n');
  });

  it.each([
    [['purge', 'c/1'], /422.*selectors\.0/],
    [['purge', '/c/1', '--mode', 'burn'], /422.*mode/],
    [['explain', '/c/1', '-H', 'nonsense'], /422.*header/],
  ] as const)('%j is answered with one sentence', async (words, sentence) => {
    const { code, stdout, stderr } = await run([...words, '--operations', there()]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(sentence);
  });

  it('without the token it says which setting is missing', async () => {
    const { code, stderr } = await run(['list', '--operations', there()], {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/401.*OPERATIONS_TOKEN/);
  });
});

describe('without a gateway', () => {
  const nowhere = ['--operations', 'http://127.0.0.1:1'];

  it('explain answers from the settings alone', async () => {
    const words = [
      'explain',
      'http://127.0.0.1:8080/c/1?a=1',
      '-H',
      'Authorization: Bearer canary',
    ];
    const { code, stdout } = await run([...words, ...nowhere], { ...ENV, PORT: '8080' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^No gateway answers at http:\/\/127\.0\.0\.1:1/);
    expect(stdout).toMatch(/^verdict +miss$/m);
    expect(stdout).toMatch(/^route +\/c\/\*$/m);
    expect(stdout).toMatch(/authorization +\(hmac\) /);
    expect(stdout).not.toContain('canary');
    expect((await run(['explain', '/x/1', ...nowhere])).stdout).toMatch(/^verdict +bypass$/m);
  });

  it.each([[['list']], [['purge', '/c/1']]])('%j says that nobody is there', async (words) => {
    const { code, stderr } = await run([...words, ...nowhere]);
    expect(code).toBe(69);
    expect(stderr).toMatch(/^No gateway answers at http:\/\/127\.0\.0\.1:1;.*\n$/);
  });

  it.each([['purge'], ['explain'], ['list', '/c/1'], ['purge', '/a', '/b']])(
    '%s %s shows the usage',
    async (...words) => {
      const { code, stderr } = await run(words.filter((word) => typeof word === 'string'));
      expect(code).toBe(64);
      expect(stderr).toMatch(/^leyden start /);
    },
  );
});
