/** The command lines of the Warming section of docs/slow-answers.md, as they stand there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { endEverything, leyden, scratchSettings, type Ended } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

const paper = readFileSync(join(packageRoot(), 'docs', 'slow-answers.md'), 'utf8');
const [, rest = ''] = paper.split('\n## Warming\n');
const [section = ''] = rest.split('\n## ');
const [order = ''] = /^curl (?:.*\\\n)*.*$/m.exec(section) ?? [];
const commands = [...section.matchAll(/^npx --no leyden .*$/gm)].map(([line]) => line);

/** The words of a command line, as a shell would hand them over. */
function wordsOf(line: string): string[] {
  const words = line.replaceAll('\\\n', ' ').match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replace(/^(["'])(.*)\1$/, '$2').replace('$OPERATIONS_TOKEN', TOKEN),
  );
}

let origin: Origin;
let running: RunningGateway;
let addresses = '';
beforeAll(async () => {
  origin = await openOrigin();
  const yaml = `
upstreams: { energy: { url: "${origin.url}" } }
routes: [{ path: /energy/*, upstream: energy, cache: { ttl: 30s } }]
`;
  running = await openGateway(yaml, { environment: { OPERATIONS_TOKEN: TOKEN } });
  addresses = scratchSettings('# every morning\n/energy/matching\n\n/energy/monitor?agents=8\n');
});
afterAll(async () => {
  await endEverything();
  await running.close();
  await origin.close();
});

const stateOf = async (path: string): Promise<string | undefined> =>
  (await ask(running.port, path)).headers['x-cache'];

/** With the operations listener and the file of this test in place of those of the text. */
function run(line: string): Promise<Ended> {
  const [, , , ...words] = wordsOf(line).map((word) =>
    word === 'addresses.txt' ? addresses : word,
  );
  const operations = `http://127.0.0.1:${running.operationsPort}`;
  return leyden([...words, '--operations', operations], { OPERATIONS_TOKEN: TOKEN }).ended;
}

describe('docs/slow-answers.md', () => {
  it('has addresses computed by the admin API, and says how far that is', async () => {
    const words = wordsOf(order);
    const after = (name: string): string[] => words.filter((_, at) => words[at - 1] === name);
    const headers = Object.fromEntries(
      after('-H').map((field) => field.split(/:\s*/, 2) as [string, string]),
    );
    const url = words.find((word) => word.startsWith('http://127.0.0.1:9090')) ?? '';
    const told = await ask(running.operationsPort, url.slice('http://127.0.0.1:9090'.length), {
      ...{ method: after('-X')[0] ?? 'GET', headers, body: after('-d')[0] ?? '' },
    });
    const begun = JSON.parse(told.body) as { readonly id: string };
    const [, shown = ''] = /```json\n(.*)\n```/.exec(section) ?? [];
    expect(begun).toEqual({ ...(JSON.parse(shown) as object), id: begun.id });
    const look = /`GET (\/admin\/cache\/warm\/)<id>`/.exec(section)?.[1] ?? '';
    const done = await ask(running.operationsPort, `${look}${begun.id}?wait=20`, { headers });
    expect(JSON.parse(done.body)).toMatchObject({ state: 'done', computed: 2, failed: {} });
    expect(await stateOf('/energy/gradient')).toBe('HIT');
    expect(await stateOf('/energy/monitor?agents=64')).toBe('HIT');
  });

  it('shows a command of every kind', () => {
    const kinds = commands.map((line) => wordsOf(line).slice(3).join(' '));
    expect(kinds).toEqual([
      'warm /energy/gradient /energy/monitor?agents=64',
      'warm --file addresses.txt --wait 10m',
      'warm --top 20',
      'top --limit 10',
    ]);
  });

  it.each(commands)('%s does what it says', async (line) => {
    await stateOf('/energy/gradient');
    await stateOf('/energy/gradient');
    const { code, stdout } = await run(line);
    expect(code).toBe(0);
    if (line.includes(' top ')) expect(stdout).toContain('/energy/gradient');
    else expect(stdout).toMatch(/^(\d+) of \1: /);
    if (!line.includes('--file')) return;
    expect(await stateOf('/energy/matching')).toBe('HIT');
    expect(await stateOf('/energy/monitor?agents=8')).toBe('HIT');
  });
});
