/** The image: what its file promises about users, signals and health, asked of the real gateway. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { endEverything, leydenStart } from '../fakes/leyden-process.js';
import { runCommand } from '../servers/commands.js';
import { instructionsOf, lastStage, listOf } from './dockerfile.js';
import { dockerFolder, serviceOf, textOf } from './stack.js';

const DEADLINE_MS = 20_000;
const routes = 'upstreams: { energy: { url: local } }\nroutes: []\n';
const instructions = instructionsOf(textOf('docker', 'Dockerfile'));
const last = lastStage(instructions);
const valueOf = (word: string): string =>
  last.find((one) => one.word === word)?.rest ?? `${word} is missing`;

afterAll(endEverything);

const healthcheck = (environment: Record<string, string>, ...words: string[]) =>
  runCommand(process.execPath, [join(dockerFolder, 'healthcheck.mjs'), ...words], {
    deadlineMs: DEADLINE_MS,
    environment,
  });

describe('the image', () => {
  it('runs as a numbered user who is not root', () => {
    expect(valueOf('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('starts node itself, so that SIGTERM reaches it, and asks for its health alike', () => {
    expect(valueOf('STOPSIGNAL')).toBe('SIGTERM');
    expect(listOf(valueOf('ENTRYPOINT'))).toEqual(['node', 'dist/src/command/leyden.js']);
    expect(listOf(valueOf('CMD'))).toEqual(['start']);
    const [, check = ''] = /CMD (\[.*\])$/.exec(valueOf('HEALTHCHECK')) ?? [];
    expect(listOf(check)).toEqual(['node', 'healthcheck.mjs']);
    expect(serviceOf('energy').entrypoint).toEqual(['node', 'dist/src/energy-main.js']);
  });

  it('runs no scripts of packages, and holds no development packages', () => {
    const installs = instructions.filter(
      ({ word, rest }) => word === 'RUN' && rest.includes('npm'),
    );
    expect(installs.map(({ rest }) => rest)).toEqual([
      'npm ci --ignore-scripts',
      'npm run build',
      'npm prune --omit=dev --ignore-scripts',
    ]);
  });

  it('is given by .dockerignore all that it copies, and nothing besides', () => {
    const kept = textOf('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = instructions
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect(kept.sort()).toEqual(copied.sort());
  });
});

describe('the health check', () => {
  it('exits with 0 while the gateway lives, and with 1 when it is gone', async () => {
    const gateway = await leydenStart(routes);
    const environment = { HOST: '0.0.0.0', PORT: String(gateway.port) };
    expect(await healthcheck(environment)).toEqual({ succeeded: true, output: '' });
    gateway.signal('SIGTERM');
    await gateway.ended;
    expect(await healthcheck(environment)).toEqual({ succeeded: false, output: '' });
  });

  it('finds a gateway alive that knows its hosts, and this machine is none of them', async () => {
    const gateway = await leydenStart(routes, { LEYDEN_SERVER_HOSTS: 'leyden.example' });
    const url = `http://127.0.0.1:${gateway.port}/health`;
    expect(await healthcheck({}, url)).toEqual({ succeeded: true, output: '' });
  });

  it('does not take another answer for life', async () => {
    const gateway = await leydenStart(routes);
    const url = `http://127.0.0.1:${gateway.port}/nothing`;
    expect(await healthcheck({}, url)).toEqual({ succeeded: false, output: '' });
  });
});
