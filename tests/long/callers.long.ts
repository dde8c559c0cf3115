/** Coalescing across users at length: 100,000 answers of a slow origin, each its caller's own. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, ownerOf, type Origin } from '../fakes/origin.js';
import { askInRounds } from '../scenarios/callers-kit.js';

const [USERS, AT_ONCE, ROUNDS] = [200, 5, 100];
const DELAY_MAX_MS = 200;
const MAX_MS = 600_000;

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  running = await openGateway(`
upstreams: { some: { url: "${origin.url}" } }
budget: { concurrent: 256, queued: 10000 }
http: { pool: { max: 256, queued: 10000, connectTimeout: 30s } }
routes:
  - { path: /**, upstream: some, cache: { ttl: 1h } }
`);
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

describe('case 4: two hundred users, five requests each at once, a hundred times', () => {
  it(
    '100,000 of 100,000 owners are right, with one question a user and path',
    async () => {
      let asked = 0;
      origin.answer((req, res) => {
        const owner = ownerOf(req.headers.authorization);
        const body = JSON.stringify({ owner, target: req.url ?? '', serial: asked });
        asked += 1;
        systemClock.after((asked * 7919) % DELAY_MAX_MS, () => {
          res.setHeader('X-Owner', owner);
          res.end(body);
        });
      });
      const sizes = { users: USERS, atOnce: AT_ONCE, rounds: ROUNDS };
      const result = await askInRounds({ port: running.port, origin, ...sizes });
      expect(result).toEqual({ answers: USERS * AT_ONCE * ROUNDS, wrong: 0, failed: [] });
      expect(asked).toBe((USERS * ROUNDS) / 10);
    },
    MAX_MS,
  );
});
