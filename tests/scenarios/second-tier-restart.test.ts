/** A restart in a fleet: memory comes back as far as the journal says what was purged meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectionTo } from '../redis/kit.js';
import { openFleetScene, type FleetScene, type Node } from './fleet-kit.js';

let scene: FleetScene;
let folder = '';
beforeEach(async () => {
  scene = await openFleetScene();
  folder = mkdtempSync(join(tmpdir(), 'leyden-fleet-restart-'));
}, 60_000);
afterEach(async () => {
  await scene.close();
  rmSync(folder, { recursive: true, force: true });
});

const kept = (): string => `\nmemory: { snapshot: { path: ${join(folder, 'answers.snapshot')} } }`;
const PATHS = ['a', 'b', 'c', 'd'].map((name) => `/kept/${name}`);

/** A node that has been asked for all of them and has ended, and one that goes on. */
async function ended(): Promise<Node> {
  const other = await scene.node();
  // What was purged before is in the journal too, and must not be purged once more.
  await other.purge({ type: 'tag', selectors: ['kept'], mode: 'delete', wait: 'cluster' });
  const one = await scene.node(kept());
  for (const path of PATHS) await one.get(path);
  await one.until('leyden_second_tier_written_total', (count) => count >= PATHS.length);
  await one.running.close();
  return other;
}

async function redisCall(name: string, ...args: string[]): Promise<unknown> {
  const connection = await connectionTo(scene.redis.port);
  try {
    return await connection.call(name, args, { waitMs: 20_000 });
  } finally {
    connection.end('closed');
  }
}

describe('a node that comes back with its memory', () => {
  it('has what was not purged meanwhile, and nothing else', async () => {
    const other = await ended();
    await other.purge({ type: 'path', selectors: ['/kept/b'], mode: 'delete', wait: 'local' });
    await other.purge({ type: 'pattern', selectors: ['/kept/c'], mode: 'delete', wait: 'local' });
    await other.until('leyden_fleet_records_total', (count) => count >= 3);
    const again = await scene.node(kept());
    expect(await again.word('/kept/a')).toBe('hit; detail=l1');
    expect(await again.word('/kept/d')).toBe('hit; detail=l1');
    expect(await again.word('/kept/b')).toMatch(/^fwd=/);
    expect(await again.word('/kept/c')).toMatch(/^fwd=/);
    expect(await again.metric('leyden_snapshot_restored_total')).toBe(2);
  }, 60_000);

  it('has nothing where the journal does not say any more what was purged', async () => {
    await ended();
    const keys = (await redisCall('keys', `${scene.prefix}{journal}*`)) as readonly Buffer[];
    await redisCall('unlink', ...keys.map(String));
    const again = await scene.node(kept());
    for (const path of PATHS) expect(await again.word(path)).toMatch(/^fwd=/);
    const lines = again.running.lines().filter((line) => line.includes('snapshot_ignored'));
    expect(lines.join()).toContain('"reason":"gap"');
  }, 60_000);
});
