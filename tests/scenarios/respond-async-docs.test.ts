/** The command lines about respond-async in docs/slow-answers.md, sent as they stand there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';
import type { ClientAnswer } from '../fakes/client.js';
import { until } from '../fakes/waiting.js';
import { ended, openScene, type Scene } from './respond-async-kit.js';

const paper = readFileSync(join(packageRoot(), 'docs', 'slow-answers.md'), 'utf8');
const [, rest = ''] = paper.split('\n## Prefer: respond-async\n');
const [section = ''] = rest.split('\n## ');
const lines = [...section.matchAll(/^(?:place=\$\()?curl .*$/gm)].map(([line]) => line);

let scene: Scene;
beforeAll(async () => {
  scene = await openScene(
    'routes: [{ path: /energy/*, upstream: some, cache: { ttl: 30s, query: [agents] } }]',
  );
});
afterAll(() => scene.close());

/** What of a line goes on the wire: the path, and Prefer where it is said. */
function wordsOf(line: string, place = ''): { readonly path: string; readonly prefer: string } {
  const [, url = ''] = /http:\/\/127\.0\.0\.1:8080([^'"]*)['"]/.exec(line) ?? [];
  const [, prefer = ''] = /-H 'Prefer: ([^']*)'/.exec(line) ?? [];
  return { path: url.replace('$place', place), prefer };
}

const send = (line: string, place?: string): Promise<ClientAnswer> => {
  const { path, prefer } = wordsOf(line, place);
  return prefer === '' ? scene.get(path) : scene.prefer(prefer, path);
};

describe('docs/slow-answers.md', () => {
  it('shows how a caller waits, comes back, and follows the answer', async () => {
    const [wait = '', promise = '', look = '', follow = '', ...others] = lines;
    expect(others).toEqual([]);
    expect(wordsOf(wait).prefer).toBe('respond-async, wait=10');
    const inTime = send(wait);
    await scene.answer(1);
    expect((await inTime).headers['preference-applied']).toBe('wait=10');

    expect(promise).toContain('%header{location}');
    const promised = send(promise);
    await until(() => scene.interior.rooms.flights.stats().waiting === 1);
    scene.clock.turn(0);
    const { status, headers } = await promised;
    const { location = '' } = headers;
    expect(status).toBe(202);
    const progress = await send(look, location);
    expect([progress.status, progress.body]).toEqual([
      ...[200, expect.stringContaining('"state":"computing"')],
    ]);
    await scene.answer(2, 'the gradient');
    await ended(scene, location);
    const done = await send(follow, location);
    expect([follow.includes('-iL'), done.status]).toEqual([true, 303]);
    const hit = await scene.get(done.headers['location'] ?? '');
    expect([hit.headers['x-cache'], hit.body]).toEqual(['HIT', 'the gradient']);
  });

  it('names every setting', () => {
    const { answers } = scene.interior;
    const names = [...section.matchAll(/^\| `(answers\.\w+)` \| (\w+) \|/gm)];
    expect(names.map(([, name, value]) => `${name ?? ''} ${value ?? ''}`)).toEqual([
      'answers.max 10000',
      'answers.maxBytes 32MiB',
      'answers.keep 5m',
      'answers.waitMax 60s',
    ]);
    const { max, bytesMax } = answers.stats();
    expect([max, bytesMax, answers.waitMaxMs]).toEqual([10_000, 32 * 2 ** 20, 60_000]);
  });
});
