/** The lane and Express: the same request gets the same bytes, whichever of them answers. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { comparable, openDoors, requestText, type Doors } from './lane-kit.js';

const ROUTES = `
routes:
  - { path: /sorted, upstream: some, cache: { ttl: 30s, query: sorted } }
  - { path: /drop, upstream: some, cache: { ttl: 30s, cookies: drop } }
  - { path: /shared, upstream: some, cache: { ttl: 30s, authorization: shared } }
  - { path: /tenant, upstream: some, cache: { ttl: 30s, headers: [X-Tenant] } }
  - { path: /bypass, upstream: some, cache: { ttl: 30s, authorization: bypass } }
  - path: /edited
    upstream: some
    cache: { ttl: 30s, clientTtl: 9s }
    response: { set: { X-Set: s } }
  - { path: /**, upstream: some, cache: { ttl: 30s, errorTtl: 10s, staleWhileRevalidate: 5s } }
`;

let doors: Doors;
let version = 1;
beforeAll(async () => {
  doors = await openDoors(() => ROUTES);
  doors.origin.answer((req, res) => {
    const target = req.url ?? '';
    const etag = target.startsWith('/weak') ? `W/"v${version}"` : `"v${version}"`;
    const status = /^\/(404|500|301)/.exec(target)?.[1] ?? '200';
    res.writeHead(Number(status), [
      ...['Content-Type', 'text/plain; charset=utf-8', 'ETag', etag],
      ...[
        'Date',
        'Sat, 21 Nov 2026 00:00:00 GMT',
        'Last-Modified',
        'Sat, 21 Nov 2026 00:00:00 GMT',
      ],
      ...['X-Twice', 'a', 'X-Twice', 'b', 'x-lower', 'é', 'Cache-Status', 'origin; hit'],
    ]);
    const owner = req.headers.authorization ?? 'nobody';
    const tenant = String(req.headers['x-tenant']);
    res.end(`version ${version} of ${target} for ${owner} of ${tenant}`);
  });
});
beforeEach(() => {
  version = 1;
  doors.interior.rooms.store.clear();
  doors.interior.aliases.clear();
});
afterAll(() => doors.close());

const AUTH = 'Authorization: Bearer A';

/** Where it ends, what it asks, what was asked before, with which lines, by which method. */
const rows: readonly (readonly [
  by: 'lane' | 'express' | 'either',
  path: string,
  lines?: readonly string[],
  method?: string,
])[] = [
  ['lane', '/plain'],
  ['lane', '/plain?'],
  ['lane', '/plain?b=2&a=1'],
  ['lane', '/plain', [], 'HEAD'],
  ['lane', '/plain', ['If-None-Match: "v1"']],
  ['lane', '/plain', ['If-None-Match: "v1"'], 'HEAD'],
  ['lane', '/plain', ['if-none-match: "v0", "v1"']],
  ['lane', '/plain', ['If-None-Match: W/"v1"']],
  ['lane', '/plain', ['If-None-Match: *']],
  ['lane', '/plain', ['If-None-Match: "v2"']],
  ['lane', '/plain', ['If-None-Match: v1']],
  ['lane', '/plain', ['If-None-Match: "v1']],
  ['lane', '/plain', ['If-None-Match: "a,", "v1"']],
  ['lane', '/plain', ['If-None-Match:']],
  ['express', '/plain', ['If-None-Match: "v0"', 'If-None-Match: "v1"']],
  ['lane', '/weak', ['If-None-Match: "v1"']],
  ['lane', '/weak', ['If-None-Match: W/"v1"']],
  ['either', '/plain', ['If-Modified-Since: Sat, 21 Nov 2026 00:00:00 GMT']],
  ['express', '/plain', ['If-Match: "v1"']],
  ['express', '/plain', ['If-Unmodified-Since: Sat, 21 Nov 2026 00:00:00 GMT']],
  ['lane', '/plain', [AUTH]],
  ['lane', '/plain', ['authorization: Bearer A', 'If-None-Match: "v1"']],
  ['lane', '/shared', [AUTH]],
  ['express', '/bypass', [AUTH]],
  ['express', '/plain', ['Cookie: sid=1']],
  ['express', '/drop', ['Cookie: sid=1']],
  ['express', '/plain', ['X-API-Key: k']],
  ['express', '/plain', ['x-api-key: k', AUTH]],
  ['express', '/plain', ['Proxy-Authorization: Basic x']],
  ['express', '/tenant', ['X-Tenant: a']],
  ['express', '/tenant'],
  ['either', '/plain', ['Range: bytes=0-0']],
  ['either', '/plain', ['Range: bytes=0-0', 'If-Range: "v1"']],
  ['lane', '/plain', ['Cache-Control: no-cache', 'Pragma: no-cache']],
  ['lane', '/plain', ['Accept-Encoding: gzip, br']],
  ['express', '/plain', ['Prefer: respond-async']],
  ['lane', '/sorted?b=2&a=1'],
  ['lane', '/sorted?a=2&a=1&&'],
  ['lane', '/edited'],
  ['lane', '/edited', ['If-None-Match: "v1"']],
  ['lane', '/404'],
  ['lane', '/404', [], 'HEAD'],
  ['lane', '/404', ['If-None-Match: "v1"']],
  ['lane', '/500'],
  ['lane', '/301'],
  ['lane', '/plain', ['X-Request-Id: mine']],
];

describe('the lane and Express', () => {
  it.each(rows)('by the %s: %s %j %s', async (by, path, lines = [], method = 'GET') => {
    // A bypass asks the upstream each time; everything else is warm before it is compared.
    const known = lines.filter((line) => /^(?:authorization|x-tenant|cookie)/i.test(line));
    await doors.lane(requestText(path, known));
    const fast = await doors.lane(requestText(path, lines, method));
    const slow = await doors.express(requestText(path, lines, method));
    expect(slow.byLane).toBe(false);
    if (by !== 'either') expect(fast.byLane).toBe(by === 'lane');
    expect(comparable(fast.text)).toBe(comparable(slow.text));
    expect(fast.text).toMatch(/^HTTP\/1\.1 \d{3} /);
    if (method === 'HEAD') expect(fast.text).toMatch(/\r\n\r\n$/);
    if (lines.includes('X-Request-Id: mine')) expect(fast.text).toBe(slow.text);
  });

  it('give an HTTP/1.0 client the same', async () => {
    const old = 'GET /plain HTTP/1.0\r\nHost: gateway.test\r\n\r\n';
    await doors.lane(old);
    const fast = await doors.lane(old);
    expect(fast.byLane).toBe(true);
    expect(comparable(fast.text)).toBe(comparable((await doors.express(old)).text));
  });

  it('show the same age and what is left, also when the answer is about to end', async () => {
    await doors.lane(requestText('/plain'));
    doors.clock.turn(29_500);
    const fast = await doors.lane(requestText('/plain'));
    expect(fast.byLane).toBe(true);
    expect(fast.text).toMatch(/\r\nAge: 29\r\n/);
    expect(comparable(fast.text)).toBe(
      comparable((await doors.express(requestText('/plain'))).text),
    );
    doors.clock.turn(500);
    const late = await doors.lane(requestText('/plain'));
    expect(late.byLane).toBe(false);
    expect(late.text).toMatch(/\r\nX-Cache: STALE\r\n/);
  });
});

describe('the lane', () => {
  it('gives nobody what was computed for another', async () => {
    await doors.lane(requestText('/me', [AUTH]));
    const mine = await doors.lane(requestText('/me', [AUTH]));
    expect(mine.byLane).toBe(true);
    expect(mine.text).toContain('for Bearer A');
    const other = await doors.lane(requestText('/me', ['Authorization: Bearer B']));
    expect(other.byLane).toBe(false);
    expect(other.text).toContain('for Bearer B');
    expect((await doors.lane(requestText('/me'))).text).toContain('for nobody');
  });

  it('case 10: leaves alone what lies under its key but in the slot of another', async () => {
    const { rooms, aliases } = doors.interior;
    await doors.lane(requestText('/plain'));
    const key = aliases.get('anon', 'gateway.test', '/plain')?.key ?? '';
    const entry = rooms.store.get(key);
    if (entry !== undefined) rooms.store.set({ ...entry, partition: 'somebody else' });
    version = 2;
    const answer = await doors.lane(requestText('/plain'));
    expect(answer.byLane).toBe(false);
    expect(answer.text).toContain('version 2');
  });

  it('sees a purge at once', async () => {
    await doors.lane(requestText('/plain'));
    expect((await doors.lane(requestText('/plain'))).byLane).toBe(true);
    version = 2;
    doors.interior.rooms.purges.purge(['route:/**'], 'delete');
    const after = await doors.lane(requestText('/plain'));
    expect(after.byLane).toBe(false);
    expect(after.text).toContain('version 2');
    const next = await doors.lane(requestText('/plain'));
    expect(next.byLane).toBe(true);
    expect(next.text).toContain('version 2');
    expect(comparable(next.text)).toBe(
      comparable((await doors.express(requestText('/plain'))).text),
    );
  });

  it('does not call an answer fresh that a purge has made old', async () => {
    await doors.lane(requestText('/plain'));
    doors.interior.rooms.purges.purge(['route:/**'], 'stale');
    const after = await doors.lane(requestText('/plain'));
    expect(after.byLane).toBe(false);
    expect(after.text).toMatch(/X-Cache: STALE/);
  });

  it('obeys changed settings from the next request on', async () => {
    await doors.lane(requestText('/plain', ['X-Tenant: a']));
    expect((await doors.lane(requestText('/plain', ['X-Tenant: a']))).byLane).toBe(true);
    doors.interior.apply(doors.settings(`credentials: [authorization, x-tenant]\n${ROUTES}`));
    const after = await doors.lane(requestText('/plain', ['X-Tenant: a']));
    expect(after.byLane).toBe(false);
    expect(after.text).toMatch(/X-Cache: BYPASS/);
    expect((await doors.lane(requestText('/plain'))).text).toMatch(/X-Cache: HIT/);
    // Its alias is there again, and a credential that the key does not cover still goes past it.
    expect((await doors.lane(requestText('/plain'))).byLane).toBe(true);
    expect((await doors.lane(requestText('/plain', ['x-tenant: a']))).byLane).toBe(false);
    doors.interior.apply(doors.settings(ROUTES));
  });

  it('answers nothing once a route is gone', async () => {
    await doors.lane(requestText('/sorted?a=1'));
    doors.interior.apply(doors.settings('routes: [{ path: /other, upstream: some }]'));
    expect((await doors.lane(requestText('/sorted?a=1'))).text).toMatch(/^HTTP\/1\.1 404 /);
    doors.interior.apply(doors.settings(ROUTES));
  });

  it('counts its hits as Express does', async () => {
    const tally = doors.interior.rooms.tallies.of('/**');
    await doors.lane(requestText('/404/counted'));
    const before = { ...tally };
    await doors.lane(requestText('/404/counted'));
    const { hits, negative, misses } = tally;
    expect([hits, negative, misses]).toEqual([before.hits + 1, before.negative + 1, before.misses]);
    await doors.express(requestText('/404/counted'));
    expect([tally.hits, tally.negative]).toEqual([before.hits + 2, before.negative + 2]);
  });

  it('case 32: never changes what is stored, however often it answers', async () => {
    const requests = [[], ['If-None-Match: "v1"'], ['Range: bytes=0-0'], []];
    const texts = [];
    for (const lines of [[], ...requests])
      texts.push(await doors.lane(requestText('/plain', lines)));
    const head = await doors.lane(requestText('/plain', [], 'HEAD'));
    const last = await doors.lane(requestText('/plain'));
    expect(comparable(last.text)).toBe(comparable(texts[1]?.text ?? ''));
    expect(comparable(last.text)).toContain(comparable(head.text).trimEnd());
  });
});
