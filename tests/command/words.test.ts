/** The `leyden` command: what it does with its words, and how it says that something is wrong. */
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { endEverything, leyden, scratchSettings } from '../fakes/leyden-process.js';

afterAll(endEverything);

const GOOD = `
upstreams: { some: { url: "http://127.0.0.1:1" } }
routes:
  - { path: /a, upstream: some }
  - { path: /b, upstream: some }
`;

async function refused(
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { code, stdout, stderr } = await leyden(words, env).ended;
  expect(code).not.toBe(0);
  expect(stderr).not.toMatch(/^\s+at |node:internal|Error:/m);
  const said = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'));
  expect(said).toHaveLength(1);
  return said[0] ?? '';
}

describe('leyden check', () => {
  it('says that a file is good, and how much is in it', async () => {
    const file = scratchSettings(GOOD);
    const { code, stdout, stderr } = await leyden(['check', file]).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe(`${file} is good: 2 routes, 1 upstream`);
  });

  it('takes the shipped file where none is named', async () => {
    const { code, stdout } = await leyden(['check']).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/gateway\.yaml is good/);
  });

  it('says what is wrong and in which line, every mistake in one go', async () => {
    const file = scratchSettings(`${GOOD}  - { path: c, upstream: some }\nlisten: 80\n`);
    const { code, stdout } = await leyden(['check', file]).ended;
    expect(code).toBe(78);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/gateway\.yaml:6:\d+: /);
    expect(lines[1]).toMatch(/gateway\.yaml:7:\d+: .*listen/);
  });

  it('names a file that is not there', async () => {
    expect(await refused(['check', 'nowhere.yaml'])).toMatch(/nowhere\.yaml/);
  });
});

describe('leyden start', () => {
  it('says in one sentence that a port is busy, and which setting changes it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const port = String((other.address() as AddressInfo).port);
    try {
      const file = scratchSettings(GOOD);
      const sentence = await refused(['start', '--config', file], { PORT: port });
      expect(sentence).toContain(`Port ${port} on 127.0.0.1 is already in use`);
      expect(sentence).toMatch(/set PORT/);
      // The public listener was open by then, and is not left behind.
      const second = await refused(['start', '--config', file], { OPERATIONS_PORT: port });
      expect(second).toMatch(/set OPERATIONS_PORT/);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it.each([
    ['an unknown setting', 'nonsense: 1\n', {}, /nonsense/],
    ['a bad unit', 'memory: { maxBytes: 10kbb }\n', {}, /memory\.maxBytes/],
    [
      'a file of certificates that is not there',
      '',
      { LEYDEN_UPSTREAMS_SOME_CA: 'no.pem' },
      /ca|CA/,
    ],
    [
      'a listener for everybody without a token',
      '',
      { OPERATIONS_HOST: '0.0.0.0' },
      /OPERATIONS_TOKEN|token/,
    ],
    ['a weak token', '', { OPERATIONS_TOKEN: 'changeme' }, /OPERATIONS_TOKEN/],
    ['a variable of ours that means nothing', '', { LEYDEN_NOTHING: '1' }, /LEYDEN_NOTHING/],
  ])('does not start with %s, and says so in one sentence', async (_what, more, env, named) => {
    const file = scratchSettings(`${GOOD}${more}`);
    expect(await refused(['start', '--config', file], env as Record<string, string>)).toMatch(
      named,
    );
  });

  it('case 114: does not repeat a secret in the sentence that refuses it', async () => {
    const file = scratchSettings(GOOD);
    const sentence = await refused(['start', '--config', file], {
      OPERATIONS_TOKEN: 'canaryshort',
    });
    expect(sentence).not.toContain('canaryshort');
  });
});

describe('other words', () => {
  it.each([
    [['--help'], 0],
    [['-h'], 0],
    [[], 64],
    [['dance'], 64],
    [['start', 'x'], 64],
    [['--loud'], 64],
  ] as const)('%j end with %i and the usage', async (words, wanted) => {
    const { code, stdout, stderr } = await leyden(words).ended;
    expect(code).toBe(wanted);
    expect(wanted === 0 ? stdout : stderr).toMatch(/^leyden start /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
