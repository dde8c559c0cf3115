/** The second tier under `cache: http`: what lies there, who gets it, and what is never written. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RawHeaders } from '../../src/message.js';
import type { Answer } from '../fakes/scripted-upstream.js';
import { closePools, poolAt, untilWhole } from '../redis/kit.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { NEW_SECRET, OLD_SECRET } from './frame-kit.js';
import { see, sent, valueOf, type Wanted } from './http-kit.js';
import { raw } from './redis-store-kit.js';
import { nodeAt, type Node, type Wishes } from './second-http-kit.js';

let redis: RedisServer;
let nodes: Node[] = [];
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
beforeEach(() => raw(redis.port, 'flushall'));
afterEach(async () => {
  nodes = [];
  await closePools();
});

async function node(wishes: Wishes = {}): Promise<Node> {
  const pool = poolAt(redis.port, { lanes: 1 });
  await untilWhole(pool);
  const opened = nodeAt(pool, wishes);
  nodes.push(opened);
  return opened;
}

/** Both nodes' upstreams say the same. */
function saying(answer: (headers: RawHeaders, nth: number) => Answer): void {
  let nth = 0;
  for (const { house } of nodes) {
    house.upstream.always(({ headers }) => answer(headers, (nth += 1)));
  }
}

const FRESH = ['Cache-Control', 'max-age=60'];
const language = (value: string): Wanted => ({ headers: ['Accept-Language', value] });
const fieldIn = (headers: RawHeaders, name: string): string =>
  headers[headers.findIndex((one, at) => at % 2 === 0 && one.toLowerCase() === name) + 1] ?? '';
const keys = async (): Promise<string[]> =>
  ((await raw(redis.port, 'keys', '*')) as readonly Buffer[]).map(String).sort();

async function asked(one: Node, path: string, wanted: Wanted = {}) {
  const seen = await see(one.house, path, wanted);
  await one.quiet();
  const tier = 'tier' in seen.outcome ? seen.outcome.tier : undefined;
  return { ...seen, brief: `${seen.kind} ${tier ?? '-'} ${seen.words}` };
}

describe('what one node has stored under RFC 9111', () => {
  it('another node gives to those whom its Vary means, and to nobody else', async () => {
    const [one, other] = [await node(), await node()];
    saying((headers, nth) => ({
      headers: [...FRESH, 'Vary', 'Accept-Language'],
      body: `${fieldIn(headers, 'accept-language')} ${nth}`,
    }));
    expect((await asked(one, '/a', language('de'))).brief).toBe('miss - de 1');
    expect((await asked(one, '/a', language('fr'))).brief).toBe('miss - fr 2');
    expect((await asked(other, '/a', language('fr'))).brief).toBe('hit l2 fr 2');
    expect((await asked(other, '/a', language('de'))).brief).toBe('hit l2 de 1');
    expect((await asked(other, '/a', language('en'))).brief).toBe('miss - en 3');
    expect((await asked(one, '/a', language('en'))).brief).toBe('hit l2 en 3');
    // All of it in one family, so that one script and one node of a cluster have it.
    const families = new Set((await keys()).map((key) => /\{(.*?)\}/.exec(key)?.[1]));
    expect(families.size).toBe(1);
    expect((await keys()).map((key) => key.replace(/\{.*\}/, '').split(':', 3)[2])).toEqual(
      expect.arrayContaining(['entry', 'variants']),
    );
  });

  it('goes by the newest Vary, whichever node has heard it', async () => {
    const [one, other] = [await node(), await node()];
    let vary = 'Accept';
    saying((_headers, nth) => ({ headers: [...FRESH, 'Vary', vary], body: String(nth) }));
    await asked(one, '/a', { headers: ['Accept', 'a/a', 'Accept-Language', 'de'] });
    vary = 'Accept-Language';
    await asked(other, '/a', { headers: ['Accept', 'b/b', 'Accept-Language', 'de'] });
    const third = await node();
    saying(() => ({ headers: FRESH, body: 'third' }));
    const both = { headers: ['Accept', 'a/a', 'Accept-Language', 'de'] };
    expect((await asked(third, '/a', both)).brief).toBe('hit l2 2');
    expect((await asked(third, '/a', { headers: ['Accept', 'a/a'] })).brief).toBe('hit l2 1');
  });

  it('gives way to a newer one in memory alone, be that old by now', async () => {
    const one = await node();
    saying(() => ({ headers: FRESH, body: 'older' }));
    await asked(one, '/a', { headers: ['Accept', 'a/a'] });
    // Larger than what lies in the second tier may be.
    const headers = ['Cache-Control', 'max-age=10', 'Vary', 'Accept'];
    saying(() => ({ headers, body: 'x'.repeat(70_000) }));
    await asked(one, '/a', { headers: ['Accept', 'a/a', 'Cache-Control', 'no-cache'] });
    const { store } = one.house.rooms;
    for (let it = store.entries(), at = it.next(); at.done !== true; at = it.next()) {
      if (at.value.body.toString() === 'older') store.delete(at.value.key);
    }
    one.house.clock.turn(20_000);
    saying(() => ({ headers: FRESH, body: 'newest' }));
    expect((await asked(one, '/a', { headers: ['Accept', 'a/a'] })).words).toBe('newest');
  });

  it('is asked about with its own validators, and is fresh for all then', async () => {
    const [one, other, third] = [await node(), await node(), await node()];
    saying((headers) =>
      fieldIn(headers, 'if-none-match') === '"1"'
        ? { status: 304, headers: [...FRESH, 'ETag', '"1"', 'X-Renewed', 'yes'] }
        : { headers: [...FRESH, 'ETag', '"1"'], body: 'first' },
    );
    await asked(one, '/a');
    for (const { house } of nodes) house.clock.turn(70_000);
    const again = await asked(other, '/a');
    expect(again.words).toBe('first');
    expect(fieldIn(sent(other.house, 0), 'if-none-match')).toBe('"1"');
    for (const { house } of nodes) house.clock.turn(10_000);
    const seen = await asked(third, '/a');
    expect(seen.brief).toBe('hit l2 first');
    expect([valueOf(seen, 'age'), valueOf(seen, 'x-renewed')]).toEqual(['10', 'yes']);
    third.house.clock.turn(49_000);
    expect((await asked(third, '/a')).kind).toBe('hit');
    // A minute in one tier and a minute in the next do not make two.
    third.house.clock.turn(2_000);
    expect((await asked(third, '/a')).kind).toBe('miss');
  });

  it('answers HEAD, a range and only-if-cached without asking anybody', async () => {
    const one = await node();
    saying(() => ({ headers: FRESH, body: '0123456789' }));
    await asked(one, '/a');
    const wishes: Wanted[] = [
      { method: 'HEAD' },
      { headers: ['Range', 'bytes=2-4'] },
      { headers: ['Cache-Control', 'only-if-cached'] },
    ];
    for (const wish of wishes) {
      const fresh = await node();
      expect((await asked(fresh, '/a', wish)).kind).toBe('hit');
      expect(fresh.house.upstream.calls).toHaveLength(0);
    }
  });

  it('is found under every query that its No-Vary-Search calls alike', async () => {
    const [one, other] = [await node(), await node()];
    saying((_headers, nth) => ({
      headers: [...FRESH, 'No-Vary-Search', 'params=("utm")'],
      body: String(nth),
    }));
    await asked(one, '/a', { query: 'q=1&utm=x' });
    expect((await asked(other, '/a', { query: 'utm=y&q=1' })).brief).toBe('hit l2 1');
    expect((await asked(other, '/a', { query: 'q=2&utm=y' })).brief).toBe('miss - 2');
  });

  it('goes to nobody with a credential unless it says that it may', async () => {
    const [one, other] = [await node(), await node()];
    saying((_headers, nth) => ({ headers: FRESH, body: String(nth) }));
    await asked(one, '/mine');
    const ann: Wanted = { headers: ['Authorization', 'ann'] };
    expect((await asked(other, '/mine', ann)).brief).toBe('miss - 2');
    saying((_headers, nth) => ({ headers: ['Cache-Control', 's-maxage=60'], body: `all ${nth}` }));
    await asked(one, '/all', ann);
    const ben: Wanted = { headers: ['Authorization', 'ben'] };
    expect((await asked(other, '/all', ben)).brief).toBe('hit l2 all 1');
  });
});

describe('what never lies in the second tier', () => {
  it.each([
    ['private', ['Cache-Control', 'private, max-age=60'], []],
    ['no-store', ['Cache-Control', 'no-store'], []],
    ['asked with a credential', FRESH, ['Authorization', 'ann']],
    ['that varies by a cookie', [...FRESH, 'Vary', 'Cookie'], ['Cookie', 'session=secret']],
  ])('an answer that is %s', async (_what, headers, own) => {
    const one = await node();
    saying(() => ({ headers, body: 'x' }));
    await asked(one, '/a', { headers: own });
    expect(await keys()).toEqual([]);
  });

  it('an answer with Set-Cookie where the route keeps none', async () => {
    const one = await node({ more: { setCookie: 'refuse' } });
    saying(() => ({ headers: [...FRESH, 'Set-Cookie', 'a=b'], body: 'x' }));
    await asked(one, '/a');
    expect(await keys()).toEqual([]);
  });

  it('more variants of one resource than 64: the oldest give way, and are taken away', async () => {
    const one = await node();
    saying(() => ({ headers: [...FRESH, 'Vary', 'X-Any'], body: 'x' }));
    for (let nth = 0; nth < 70; nth += 1) {
      await asked(one, '/a', { headers: ['X-Any', String(nth)] });
    }
    const entries = (await keys()).filter((key) => key.includes(':entry:'));
    expect(entries).toHaveLength(64);
    const other = await node();
    saying(() => ({ headers: FRESH, body: 'y' }));
    expect((await asked(other, '/a', { headers: ['X-Any', '69'] })).kind).toBe('hit');
    expect((await asked(other, '/a', { headers: ['X-Any', '0'] })).kind).toBe('miss');
  });
});

describe('what lies beside the answers and is not believed', () => {
  const indexKey = async (): Promise<string> =>
    (await keys()).find((key) => key.endsWith(':variants')) ?? '';

  it('a list that was tampered with anywhere is a miss, and never another answer', async () => {
    const one = await node();
    saying(() => ({ headers: [...FRESH, 'Vary', 'Accept'], body: 'good' }));
    await asked(one, '/a', { headers: ['Accept', 'a/a'] });
    const key = await indexKey();
    const good = (await raw(redis.port, 'get', key)) as Buffer;
    const other = await node();
    saying(() => ({ headers: ['Cache-Control', 'no-store'], body: 'computed' }));
    for (let at = 0; at < good.byteLength; at += 5) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x41;
      await raw(redis.port, 'set', key, bad);
      other.house.rooms.marks.reset();
      const { words } = await asked(other, '/a', { headers: ['Accept', 'a/a'] });
      expect(words).toBe('computed');
    }
  });

  it.each([
    ['bytes of somebody else', ['set', 'hello']],
    ['another type', ['rpush', 'hello']],
  ])('%s in its place: the next answer is listed anew', async (_what, [name = '', value = '']) => {
    const [one, other] = [await node(), await node()];
    saying((_headers, nth) => ({ headers: FRESH, body: String(nth) }));
    await asked(one, '/a');
    const key = await indexKey();
    await raw(redis.port, 'del', key);
    await raw(redis.port, name, key, value);
    expect((await asked(other, '/a')).brief).toBe('miss - 2');
    const third = await node();
    saying(() => ({ headers: FRESH, body: 'third' }));
    expect((await asked(third, '/a')).brief).toBe('hit l2 2');
  });

  it('a list that was signed with a secret which this node does not hold', async () => {
    const one = await node({ secrets: [NEW_SECRET] });
    const other = await node({ secrets: [OLD_SECRET] });
    saying((_headers, nth) => ({ headers: FRESH, body: String(nth) }));
    await asked(one, '/a');
    expect((await asked(other, '/a')).brief).toBe('miss - 2');
    expect(other.second.stats().rejected.get('foreign')).toBeGreaterThan(0);
  });
});
