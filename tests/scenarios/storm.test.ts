/** Case 14: callers who leave at any moment harm nobody who comes after them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, head } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, ownerOf, type Origin } from '../fakes/origin.js';
import { bytesOf, settle } from '../fakes/waiting.js';

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  running = await openGateway(`
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /abandon/**, upstream: some, cache: { ttl: 1s, abandon: true } }
  - { path: /alone/**, upstream: some, cache: { ttl: 1s } }
  - { path: /plain/**, upstream: some }
  - { path: /**, upstream: some, cache: { ttl: 1s, staleWhileRevalidate: 1s } }
`);
  origin.answer((req, res) => {
    const owner = ownerOf(req.headers.authorization);
    const alone = req.url?.startsWith('/alone') === true;
    res.setHeader('Cache-Control', alone ? 'no-store' : 'max-age=1');
    // In two pieces, some turns apart, so that callers leave before, between and after them.
    res.write(owner.slice(0, 4));
    void settle(3).then(() => res.end(owner.slice(4)));
  });
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

interface Held {
  readonly held: Readonly<Record<string, number>>;
  readonly pools: Readonly<Record<string, { readonly pool_info: Record<string, number> }>>;
}

describe('case 14: a storm of callers who leave', () => {
  it('leaves nothing behind, and each who comes then gets his own', async () => {
    let seed = 14;
    const pick = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const routes = ['/kept', '/abandon', '/alone', '/plain'];
    const requestOf = () => {
      const token = `Bearer ${pick(5)}`;
      return { path: `${routes[pick(4)] ?? ''}/${pick(3)}`, token, owner: ownerOf(token) };
    };
    let wrong = 0;
    let left = 0;
    for (let round = 0; round < 40; round += 1) {
      const all = Array.from({ length: 25 }, async () => {
        const { path, token, owner } = requestOf();
        const gone = new AbortController();
        void settle(pick(12)).then(() => {
          gone.abort();
        });
        try {
          const more = { headers: { Authorization: token }, signal: gone.signal };
          const body = (await bytesOf(await head(running.port, path, more))).toString();
          if (body !== owner) wrong += 1;
        } catch {
          left += 1;
        }
      });
      await Promise.all(all);
      running.clock.turn(700);
    }
    expect(left).toBeGreaterThan(100);
    for (let nth = 0; nth < 200; nth += 1) {
      const { path, token, owner } = requestOf();
      const { body } = await ask(running.port, path, { headers: { Authorization: token } });
      if (body !== owner) wrong += 1;
    }
    expect(wrong).toBe(0);
    for (;;) {
      const metrics = await ask(running.operationsPort, '/metrics');
      const { held, pools } = JSON.parse(metrics.body) as Held;
      const busy = [held['flights'], held['waiters'], held['budget_running:some']];
      busy.push(pools['some']?.pool_info['in_use_connections'], held['requests_in_flight:public']);
      if (busy.every((count) => count === 0)) break;
      await settle(20);
    }
  });
});
