/** Snapshots that are damaged, foreign, too old or not there: the start goes on without them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { livedWith, openLife, removeScratch, scratchPath, type Life } from './snapshot-kit.js';
import type { LifeOptions } from './snapshot-kit.js';

const ASKED = ['/a/1', '/a/2', '/a/3'];
let good = Buffer.alloc(0);
let other = Buffer.alloc(0);

beforeAll(async () => {
  const [path, second] = [scratchPath(), scratchPath()];
  await livedWith(path, ASKED);
  await livedWith(second, ASKED);
  good = readFileSync(path);
  other = readFileSync(second);
});
afterAll(removeScratch);

async function startWith(bytes: Buffer, more: Partial<LifeOptions> = {}): Promise<Life> {
  const path = scratchPath();
  writeFileSync(path, bytes);
  const life = openLife({ path, ...more });
  await life.snapshot.restore();
  return life;
}

const headLength = (): number => good.readUInt32LE(5);

/** The records of a snapshot, each with its length and its link; and what is left behind them. */
function recordsOf(bytes: Buffer): { records: Buffer[]; end: Buffer } {
  const records: Buffer[] = [];
  let at = headLength();
  for (let length = bytes.readUInt32LE(at); length > 0; length = bytes.readUInt32LE(at)) {
    records.push(bytes.subarray(at, at + 4 + length + 16));
    at += 4 + length + 16;
  }
  return { records, end: bytes.subarray(at) };
}

const rebuilt = (...parts: Buffer[]): Buffer =>
  Buffer.concat([good.subarray(0, headLength()), ...parts]);

describe('a damaged snapshot', () => {
  it('brings back only what was stored, whichever byte is flipped', async () => {
    const outcomes = new Set<string>();
    for (let at = 0; at < good.byteLength; at += 3) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      const life = await startWith(bad);
      const { restored, left } = life.snapshot.stats();
      expect(restored).toBeLessThanOrEqual(3);
      for (const one of ASKED) {
        const [key = ''] = life.rooms.store.keysAt(`here${one}`);
        const entry = life.rooms.store.peek(key);
        if (entry !== undefined) expect(entry.body.toString()).toBe(`about ${one}`);
      }
      const ending = life.said('snapshot_restored')?.['ending'];
      const reason = life.said('snapshot_ignored')?.['reason'];
      outcomes.add(`${String(ending ?? reason)} ${restored} ${[...left.keys()].join()}`);
    }
    // A body alone costs one answer; what chains them costs those behind it; the head costs all.
    expect(outcomes).toContain('complete 2 mac');
    expect(outcomes).toContain('broken 1 ');
    expect(outcomes).toContain('mac 0 ');
    expect(outcomes).not.toContain('complete 3 ');
  });

  it('is used as far as it goes when it was cut short, and says that it was', async () => {
    const whole = recordsOf(good);
    const cut = await startWith(rebuilt(whole.records[0]!, whole.records[1]!.subarray(0, 90)));
    expect(cut.said('snapshot_restored')).toMatchObject({ entries: 1, ending: 'broken' });
    const endless = await startWith(rebuilt(...whole.records));
    expect(endless.said('snapshot_restored')).toMatchObject({ entries: 3, ending: 'broken' });
  });

  it('ends where a record is missing, moved, or comes from another snapshot', async () => {
    const { records, end } = recordsOf(good);
    const [first, second, third] = records as [Buffer, Buffer, Buffer];
    const foreign = recordsOf(other).records[1]!;
    for (const [bytes, entries] of [
      [rebuilt(second, third, end), 0],
      [rebuilt(first, third, end), 1],
      [rebuilt(first, third, second, end), 1],
      [rebuilt(first, foreign, third, end), 1],
      [rebuilt(first, second, end), 2],
    ] as const) {
      const life = await startWith(bytes);
      expect(life.said('snapshot_restored')).toMatchObject({ entries, ending: 'broken' });
    }
  });

  it.each([
    ['nothing in it', Buffer.alloc(0), 'schema'],
    ['a text', Buffer.from('these are not the bytes that you are looking for'), 'schema'],
    ['a head of a later version', Buffer.from('LYSN\x02        '), 'version'],
    ['a head of four gigabytes', Buffer.from('LYSN\x01\xff\xff\xff\xff    ', 'latin1'), 'size'],
    ['a head that ends early', Buffer.from('LYSN\x01\x90\x00\x00\x00    ', 'latin1'), 'size'],
  ])('with %s is ignored in one line', async (_name, bytes, reason) => {
    const life = await startWith(bytes);
    expect(life.logged.map(({ event }) => event)).toEqual(['snapshot_ignored']);
    expect(life.said('snapshot_ignored')).toEqual({ reason });
  });
});

describe('the age of a snapshot', () => {
  it('makes it useless beyond the setting', async () => {
    const old = await startWith(good, { laterMs: 10_001, maxAgeMs: 10_000 });
    expect(old.said('snapshot_ignored')).toEqual({ reason: 'too-old' });
    const young = await startWith(good, { laterMs: 9_999, maxAgeMs: 10_000 });
    expect(young.said('snapshot_restored')).toMatchObject({ entries: 3 });
  });

  it('is doubted when it was written in the future', async () => {
    const ahead = await startWith(good, { laterMs: -61_000 });
    expect(ahead.said('snapshot_ignored')).toEqual({ reason: 'clock' });
  });
});

describe('a place for a snapshot', () => {
  it('that is taken by somebody else’s file is left as it is', async () => {
    const path = scratchPath();
    writeFileSync(path, 'letters of Ewald von Kleist, 1745');
    const life = openLife({ path });
    await life.snapshot.restore();
    life.upstream.always(() => ({ body: 'x' }));
    await life.ask('/a/1');
    await life.snapshot.save();
    expect(life.said('snapshot_failed')).toEqual({ reason: 'no-snapshot-there' });
    expect(readFileSync(path, 'utf8')).toBe('letters of Ewald von Kleist, 1745');
  });

  it('that is a folder, or in none, costs one line', async () => {
    const folder = scratchPath();
    mkdirSync(folder);
    const life = openLife({ path: folder });
    await life.snapshot.restore();
    expect(life.said('snapshot_ignored')).toEqual({ reason: 'no-file' });
    const nowhere = openLife({ path: scratchPath('missing/folder/answers') });
    await nowhere.snapshot.restore();
    nowhere.upstream.always(() => ({ body: 'x' }));
    await nowhere.ask('/a/1');
    await nowhere.snapshot.save();
    expect(nowhere.said('snapshot_failed')).toBeDefined();
  });

  it('that does not answer in time is not waited for, and is not read later', async () => {
    const path = scratchPath();
    writeFileSync(path, good);
    const life = openLife({ path, waitMs: 1_000 });
    const restoring = life.snapshot.restore();
    life.clock.turn(1_000);
    await restoring;
    expect(life.said('snapshot_restored')).toMatchObject({ entries: 0, ending: 'late' });
    expect(life.clock.pending()).toBe(0);
  });

  it('that takes too long at the end gets no half snapshot', async () => {
    const path = scratchPath();
    const life = openLife({ path, waitMs: 1_000 });
    life.upstream.always(() => ({ body: 'x' }));
    await life.ask('/a/1');
    const saving = life.snapshot.save();
    life.clock.turn(1_000);
    await saving;
    expect(life.said('snapshot_failed')).toEqual({ reason: 'late' });
    expect(existsSync(path)).toBe(false);
  });
});
