/** Snapshots: a restart finds the answers again, as old as they are, and no others. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { firstValue } from '../../src/policy/headers.js';
import { wordsOf } from '../fakes/rooms.js';
import { NEW_SECRET, OLD_SECRET } from './frame-kit.js';
import { livedWith, openLife, ORIGINS, removeScratch, scratchPath } from './snapshot-kit.js';

afterAll(removeScratch);

describe('after a restart', () => {
  it('what was stored is a hit, and its age counts the time in between', async () => {
    const path = scratchPath();
    await livedWith(path, ['/a/1', '/a/2']);
    const next = openLife({ path, laterMs: 20_000 });
    await next.snapshot.restore();
    const outcome = await next.ask('/a/1');
    expect(outcome).toMatchObject({ kind: 'hit', life: { ageMs: 20_000, ttlMs: 40_000 } });
    expect(wordsOf(outcome)).toBe('about /a/1');
    expect(next.upstream.calls).toHaveLength(0);
    expect(next.snapshot.stats()).toMatchObject({ restored: 2 });
    expect(next.said('snapshot_restored')).toMatchObject({ entries: 2, ending: 'complete' });
  });

  it('another caller’s own answer stays his own', async () => {
    const path = scratchPath();
    const life = openLife({ path });
    life.upstream.always(({ headers }) => ({
      body: `for ${firstValue(headers, 'authorization') ?? ''}`,
    }));
    await life.ask('/a/mine', { headers: ['Authorization', 'Bearer A'] });
    await life.snapshot.save();
    const next = openLife({ path });
    await next.snapshot.restore();
    next.upstream.always(() => ({ body: 'for nobody' }));
    const mine = await next.ask('/a/mine', { headers: ['Authorization', 'Bearer A'] });
    expect([mine.kind, wordsOf(mine)]).toEqual(['hit', 'for Bearer A']);
    expect(wordsOf(await next.ask('/a/mine'))).toBe('for nobody');
  });

  it('variants under cache: http answer those whom they answered before', async () => {
    const path = scratchPath();
    const life = openLife({ path });
    const fields = ['Cache-Control', 'max-age=60', 'Vary', 'X-Kind'];
    life.upstream.always(({ headers }) => ({
      body: `kind ${headers[headers.indexOf('X-Kind') + 1] ?? ''}`,
      headers: fields,
    }));
    for (const kind of ['one', 'two']) await life.ask('/web/x', { headers: ['X-Kind', kind] });
    await life.snapshot.save();
    const next = openLife({ path });
    await next.snapshot.restore();
    for (const kind of ['one', 'two']) {
      const outcome = await next.ask('/web/x', { headers: ['X-Kind', kind] });
      expect([outcome.kind, wordsOf(outcome)]).toEqual(['hit', `kind ${kind}`]);
    }
  });

  it('what has ended in between is not there, and what has become old is old', async () => {
    const path = scratchPath();
    await livedWith(path, ['/a/1']);
    const old = openLife({ path, laterMs: 65_000 });
    await old.snapshot.restore();
    old.upstream.byHand();
    expect(await old.ask('/a/1')).toMatchObject({ kind: 'stale', life: { ageMs: 65_000 } });
    await old.snapshot.save();
    const next = openLife({ path, laterMs: 80_000 });
    await next.snapshot.restore();
    expect(next.snapshot.stats().left).toEqual(new Map([['expired', 1]]));
  });

  it('a snapshot serves one start only: a process that is killed leaves none behind', async () => {
    const path = scratchPath();
    await livedWith(path, ['/a/1']);
    await openLife({ path }).snapshot.restore();
    expect(existsSync(path)).toBe(false);
    const after = openLife({ path });
    await after.snapshot.restore();
    expect(after.said('snapshot_ignored')).toEqual({ reason: 'missing' });
  });

  it('routes that are gone, or depend on something else now, begin anew', async () => {
    const path = scratchPath();
    await livedWith(path, ['/a/1', '/web/1']);
    const next = openLife({ path, origins: { ...ORIGINS, '/a/**': 'a2' } });
    await next.snapshot.restore();
    expect(next.snapshot.stats()).toMatchObject({ restored: 1, left: new Map([['route', 1]]) });
  });
});

describe('a purge', () => {
  it('is not undone by a restart', async () => {
    const path = scratchPath();
    const life = await livedWith(path, ['/a/deleted', '/a/staled', '/web/kept']);
    life.rooms.purges.ban(['/a/deleted'], 'delete');
    life.rooms.purges.ban(['/a/staled'], 'stale');
    await life.snapshot.save();
    const next = openLife({ path });
    await next.snapshot.restore();
    next.upstream.byHand();
    expect((await next.ask('/web/kept')).kind).toBe('hit');
    // Made old before its time, it goes out as old only, and a refresh is asked for.
    expect((await next.ask('/a/staled')).kind).toBe('stale');
    expect([...next.rooms.store.keysAt('here/a/deleted')]).toEqual([]);
  });

  it('that comes while a snapshot is read reaches what has not been read yet', async () => {
    const path = scratchPath();
    await livedWith(path, ['/a/1', '/a/2']);
    const next = openLife({ path });
    const restoring = next.snapshot.restore();
    next.rooms.purges.ban(['/a/1'], 'delete');
    await restoring;
    expect(next.snapshot.stats()).toMatchObject({ restored: 1, left: new Map([['purged', 1]]) });
  });
});

describe('the file', () => {
  it('is readable for its owner only, and nothing lies beside it', async () => {
    const path = scratchPath();
    await livedWith(path, ['/a/1']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.tmp`)).toBe(false);
  });

  it('holds no larger part of the answers than it may, and those that saved most', async () => {
    const path = scratchPath();
    const life = openLife({ path, bytesMax: 7_000 });
    life.upstream.always(() => ({ body: 'x'.repeat(1_500) }));
    for (const one of ['/a/1', '/a/2', '/a/3', '/a/4', '/a/5']) {
      const asked = life.ask(one);
      await asked;
    }
    for (const entry of [...life.rooms.store.keysAt('here/a/4')]) {
      const hot = life.rooms.store.peek(entry);
      if (hot !== undefined) Object.assign(hot, { hits: 9, costMs: 1_000 });
    }
    await life.snapshot.save();
    expect(statSync(path).size).toBeLessThanOrEqual(7_000);
    expect(life.said('snapshot_written')).toMatchObject({ entries: 3, left_out: 2 });
    const next = openLife({ path });
    await next.snapshot.restore();
    expect((await next.ask('/a/4')).kind).toBe('hit');
  });

  it('does not push out of a smaller store what it brought in first', async () => {
    const path = scratchPath();
    const life = openLife({ path });
    life.upstream.always(() => ({ body: 'x'.repeat(3_000) }));
    for (let n = 0; n < 20; n += 1) await life.ask(`/a/${n}`);
    for (const key of life.rooms.store.keysAt('here/a/7')) {
      Object.assign(life.rooms.store.peek(key) ?? {}, { hits: 3, costMs: 500 });
    }
    await life.snapshot.save();
    const next = openLife({ path, bytesInStoreMax: 40_000 });
    await next.snapshot.restore();
    const { restored, left } = next.snapshot.stats();
    expect(restored + (left.get('full') ?? 0)).toBe(20);
    expect(restored).toBeGreaterThan(5);
    expect((await next.ask('/a/7')).kind).toBe('hit');
  });

  it('is read while secrets rotate, and not with a secret that we do not hold', async () => {
    const path = scratchPath();
    await livedWith(path, ['/a/1']);
    const rotated = openLife({ path, secrets: [NEW_SECRET, OLD_SECRET] });
    await rotated.snapshot.restore();
    expect((await rotated.ask('/a/1')).kind).toBe('hit');
    await rotated.snapshot.save();
    expect(readFileSync(path).byteLength).toBeGreaterThan(0);
    const foreign = openLife({ path, secrets: [OLD_SECRET] });
    await foreign.snapshot.restore();
    expect(foreign.said('snapshot_ignored')).toEqual({ reason: 'foreign' });
    expect(foreign.rooms.store.stats().entries).toBe(0);
  });
});
