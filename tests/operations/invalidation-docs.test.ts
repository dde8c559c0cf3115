/** The command lines of docs/invalidation.md, sent as they stand there to a real gateway. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

const paper = readFileSync(join(packageRoot(), 'docs', 'invalidation.md'), 'utf8');
const commands = [...paper.matchAll(/^curl .*$/gm)].map(([line]) => line);

/** The words of a command line, as a shell would hand them over. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.startsWith("'")
      ? word.slice(1, -1)
      : word.replace(/^"(.*)"$/, '$1').replace('$OPERATIONS_TOKEN', TOKEN),
  );
}

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  const yaml = `
upstreams: { energy: { url: "${origin.url}" } }
routes: [{ path: /energy/*, upstream: energy, cache: { ttl: 30s, tags: [energy] } }]
`;
  running = await openGateway(yaml, { environment: { OPERATIONS_TOKEN: TOKEN } });
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

describe('docs/invalidation.md', () => {
  it('shows commands of every kind', () => {
    expect(commands.length).toBeGreaterThanOrEqual(7);
    for (const part of ['PURGE', 'invalidate', 'entries', 'explain', 'flights']) {
      expect(commands.join('\n')).toContain(part);
    }
  });

  it.each(commands)('%s does what it says', async (line) => {
    await ask(running.port, '/energy/gradient?agents=64');
    const [, ...words] = wordsOf(line);
    const after = (name: string): string[] => words.filter((_, at) => words[at - 1] === name);
    const headers = Object.fromEntries(
      after('-H').map((field) => field.split(/:\s*/, 2) as [string, string]),
    );
    const url = words.find((word) => word.startsWith('http://127.0.0.1:9090')) ?? '';
    const [body] = after('-d');
    const answer = await ask(running.operationsPort, url.slice('http://127.0.0.1:9090'.length), {
      method: after('-X')[0] ?? 'GET',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    if (url.includes('entries')) expect(answer.body).toContain('"path":"/energy/gradient"');
    if (url.includes('explain')) expect(answer.body).toContain('"verdict":"hit"');
    if (body?.includes('delete') !== true) return;
    const next = await ask(running.port, '/energy/gradient?agents=64');
    expect(next.headers['x-cache']).toBe('MISS');
  });
});
