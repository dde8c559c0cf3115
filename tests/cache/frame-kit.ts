/** What tests of frames share: a ring, a clock turned by hand, and answers of each kind. */
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { responseDirectives } from '../../src/policy/cache-control.js';
import { chargeOf, keptTexts, type Entry } from '../../src/cache/entry.js';
import type { FrameTools } from '../../src/cache/frame.js';
import { codedEntry } from '../../src/cache/coding.js';
import { openKeyRing, type KeyPurpose, type KeyRing } from '../../src/cache/key-ring.js';
import { entryOf } from '../fakes/entries.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';

export const OLD_SECRET = 'b1f0c4d27a9e3856-uT5nQw8ZkLmXr2Vy';
export const NEW_SECRET = '9c3e7a10d5f28b64-Jh6GfRsPqA1oNxWe';

export function ringOf(secrets: readonly string[], purpose: KeyPurpose = 'entries'): KeyRing {
  const ring = openKeyRing(secrets, purpose);
  if (ring === undefined) throw new Error('a ring needs a secret');
  return ring;
}

export interface Kit extends FrameTools {
  readonly clock: HandClock;
}

export function toolsOf(secrets: readonly string[] = [OLD_SECRET], clock = handClock()): Kit {
  return { ring: ringOf(secrets), clock, bytesMax: 1_000_000, skewMaxMs: 60_000 };
}

export const identityOf = ({ key, partition }: Entry) => ({
  identity: { key, partition },
  epoch: 1,
});

/** An answer under a lifetime rule that is fresh for 30 s, then old for 10 s, then stands in. */
export function ruleEntry(nowMs: number, more: Partial<Entry> = {}): Entry {
  const body = more.body ?? Buffer.from('{"E_total":-1.5}');
  const headers = ['Content-Type', 'application/json', 'ETag', '"e1"'];
  const key = more.key ?? 'qTzX0vQ1hJm6b3sWc9dKfLr2uYpN8oGe4iAa7tBx5wE';
  return entryOf(key, {
    ...{ headers, body, etag: '"e1"', tags: ['energy', 'route:/energy/gradient'] },
    ...{ address: '127.0.0.1:8080/energy/gradient', query: 'agents=8', recipe: [] },
    ...{ route: '/energy/gradient', storedAtMs: nowMs, arrivedWallMs: nowMs, costMs: 812.5 },
    ...{ freshUntilMs: nowMs + 30_000, staleUntilMs: nowMs + 40_000 },
    ...{ errorUntilMs: nowMs + 600_000, hits: 7, hitsBefore: 7, initialAgeMs: 250, status: 200 },
    usual: { meanMs: 790, deviationMs: 12 },
    ...{ earlyFromMs: nowMs + 29_000, earlyDeltaMs: 0, failures: 2 },
    chargedBytes: chargeOf(
      headers,
      body,
      key,
      keptTexts({
        ...{ address: '127.0.0.1:8080/energy/gradient', query: 'agents=8', recipe: [] },
        ...{ tags: ['energy', 'route:/energy/gradient'], http: undefined },
      }),
    ),
    ...more,
  });
}

/** One variant under `cache: http`, with everything that such an answer may have. */
export function httpEntry(nowMs: number): Entry {
  const said = ['Content-Type', 'text/html', 'Cache-Control', 'max-age=60, no-cache="x-a"'];
  const headers = [...said, 'X-Added', 'ünïcode', 'Vary', 'accept-language'];
  const body = Buffer.from('<p>guten Tag</p>');
  const tags = ['group:here:news', 'route:/reports/**'];
  const recipe = ['Accept-Language', 'de'];
  const values = ['de', undefined];
  const variant = { base: 'base-key', names: ['accept-language', 'x-none'], values, said };
  const kept = { address: 'here/reports/1', query: undefined, tags, recipe, http: variant };
  return entryOf('variant-key', {
    ...{ headers, body, tags, recipe, partition: 'shared', address: 'here/reports/1' },
    ...{ etag: undefined, query: undefined, route: '/reports/**', storedAtMs: nowMs },
    ...{ arrivedWallMs: nowMs, freshUntilMs: nowMs + 60_000, staleUntilMs: nowMs + 60_000 },
    ...{ errorUntilMs: nowMs + 60_000, usual: undefined },
    chargedBytes: chargeOf(headers, body, 'variant-key', keptTexts(kept)),
    http: {
      ...variant,
      search: { order: true, kind: 'except', names: ['page', 'q'] },
      ...{ language: 'de', directives: responseDirectives(said), lifetimeMs: 60_000 },
    },
  });
}

/** The answer under a lifetime rule, kept coded: the plain form goes out to those who want it. */
export function codedRuleEntry(nowMs: number): Entry {
  const plain = ruleEntry(nowMs, { body: Buffer.from('{"E_total":-1.5}'.repeat(100)) });
  return codedEntry(plain, gzipSync(plain.body));
}
