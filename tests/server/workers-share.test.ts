/** What each worker gets of the settings, and how its lines reach the log that all share. */
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { wholeLines } from '../../src/worker-lines.js';
import { houseShare, shareOf, withSecret, workersOf } from '../../src/worker-share.js';
import { redisSlice } from '../../src/redis-slice.js';
import { settingsFrom } from '../fakes/gateway.js';

const yaml = (more = ''): string => `
server: { workers: 3, port: 0 }
memory: { maxBytes: 90MiB, maxEntries: 10, snapshot: { path: /var/lib/leyden/kept } }
budget: { concurrent: 64, queued: 1000 }
upstreams:
  energy: { url: local }
  some: { url: "http://127.0.0.1:9", connections: 10 }
routes:
  - { path: /energy/**, upstream: energy }
  - { path: /some/**, upstream: some, cache: { ttl: 30s } }
${more}`;

const SHARE = { workers: 3, slot: 2, port: 4711, energyUrl: 'http://127.1.2.3:5', secret: 'made' };

describe('the share of a worker', () => {
  it('divides what the machine and the upstreams bear, and nobody is left without any', () => {
    const share = shareOf(settingsFrom(yaml()), SHARE);
    expect(share.memory).toMatchObject({ maxBytes: 30 * 2 ** 20, maxEntries: 4 });
    expect(share.budget).toMatchObject({ concurrent: 22, queued: 334 });
    expect(share.upstreams['some']).toMatchObject({ connections: 4, url: ['http://127.0.0.1:9'] });
    expect(share.server).toMatchObject({ port: 4711, connectionsMax: 10_000 });
  });

  it('has a snapshot of its own, and asks the one energy service where it is', () => {
    const share = shareOf(settingsFrom(yaml()), SHARE);
    expect(share.memory.snapshot.path).toBe('/var/lib/leyden/kept.2');
    expect(share.upstreams['energy']?.url).toEqual(['http://127.1.2.3:5']);
  });

  it('signs with the secret of the settings, and with one of this run only what stays here', () => {
    const lasting = 'a secret of thirty-two bytes or more';
    const redis = 'redis: { host: 127.0.0.1 }\n';
    const configured = settingsFrom(yaml(`secret: "${lasting}"\n${redis}`));
    expect(withSecret(configured, 'made')).toBe(configured);
    const without = withSecret(settingsFrom(yaml(redis)), 'made');
    expect(without.secret).toEqual(['made']);
    expect(redisSlice(without)).toBeUndefined();
    expect(redisSlice(houseShare(configured))).toBeUndefined();
  });

  it('is asked for by a number, or by a word that means all cores', () => {
    const of = (workers: string): number => {
      const text = 'upstreams: { a: { url: "http://127.0.0.1:9" } }\nroutes: []\n';
      return workersOf(settingsFrom(text, { LEYDEN_SERVER_WORKERS: workers }));
    };
    expect([of('1'), of('4')]).toEqual([1, 4]);
    expect(of('auto')).toBeGreaterThan(0);
    expect(() => of('65')).toThrow('LEYDEN_SERVER_WORKERS');
  });
});

describe('the lines of a worker', () => {
  it('are written whole, in pieces that no other process can get in between of', async () => {
    const pieces: string[] = [];
    const sink = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        pieces.push(chunk.toString());
        setImmediate(done);
      },
    });
    const lines = wholeLines(sink);
    const short = `${'s'.repeat(99)}\n`.repeat(100);
    const long = `${'l'.repeat(9_000)}\n`;
    lines.write(short + long + short);
    await new Promise<void>((resolve) => {
      lines.end(resolve);
    });
    expect(pieces.join('')).toBe(short + long + short);
    expect(pieces.every((piece) => piece.endsWith('\n'))).toBe(true);
    const more = pieces.filter((piece) => piece.length > 4096);
    expect(more).toEqual([long]);
  });
});
