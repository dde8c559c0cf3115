/** Stored answers for tests of stores and purges. */
import { chargeOf, nothingLearnt, type Entry } from '../../src/cache/entry.js';

export function entryOf(key: string, more: Partial<Entry> = {}): Entry {
  const body = more.body ?? Buffer.from(`body of ${key}`);
  const headers = more.headers ?? ['Content-Type', 'text/plain'];
  const tags = more.tags ?? [];
  // Without spreads: what is made so is quick, and some tests make a hundred thousand.
  const entry = {
    key,
    partition: 'anon',
    route: '/a',
    status: 200,
    headers,
    etag: '"e"',
    body,
    address: 'here/a',
    query: undefined,
    storedAtMs: 0,
    arrivedWallMs: 0,
    http: undefined,
    freshUntilMs: 1_000,
    staleUntilMs: 1_000,
    errorUntilMs: 1_000,
    initialAgeMs: 0,
    costMs: 5,
    negative: false,
    tags,
    epoch: 1,
    recipe: undefined,
    chargedBytes: chargeOf(headers, body, key, tags),
  };
  return Object.assign(entry, nothingLearnt(more.epoch ?? 1), more);
}
