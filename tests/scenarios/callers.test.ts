/** Origin, gateway and callers: nobody ever gets what was computed for somebody else. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, head, keptAgent } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, ownerOf, type Origin, type Owned } from '../fakes/origin.js';
import { settle, until } from '../fakes/waiting.js';
import { askInRounds } from './callers-kit.js';

let origin: Origin;
let running: RunningGateway;
const agent = keptAgent(256);

beforeAll(async () => {
  origin = await openOrigin();
  running = await openGateway(`
upstreams: { some: { url: "${origin.url}" } }
budget: { concurrent: 256, queued: 10000 }
http: { pool: { max: 256, queued: 10000, connectTimeout: 30s } }
routes:
  - { path: /abandon/**, upstream: some, cache: { ttl: 30s, abandon: true } }
  - { path: /**, upstream: some, cache: { ttl: 30s } }
`);
});
afterEach(() => {
  origin.answer(undefined);
});
afterAll(async () => {
  agent.destroy();
  await running.close();
  await origin.close();
});

const as = (token: string) => ({ headers: { Authorization: `Bearer ${token}` }, agent });
const owned = (body: string): Owned => JSON.parse(body) as Owned;

describe('two callers on one path', () => {
  it('cases 1 to 3: A, B and nobody each get their own, computed and then kept', async () => {
    const callers = [as('A'), as('B'), { agent }];
    const owners = [ownerOf('Bearer A'), ownerOf('Bearer B'), 'anon'];
    for (const expected of ['MISS', 'HIT']) {
      for (const [nth, caller] of callers.entries()) {
        const answer = await ask(running.port, '/me', caller);
        expect(owned(answer.body).owner).toBe(owners[nth]);
        expect(answer.headers['x-owner']).toBe(owners[nth]);
        expect(answer.headers['x-cache']).toBe(expected);
      }
    }
    expect(origin.countOf('/me')).toBe(3);
  });

  it('case 8: a query that spells a credential does not open somebody’s slot', async () => {
    await ask(running.port, '/whoever', as('V'));
    const forged = await ask(running.port, '/whoever?Authorization:0101f1f4', { agent });
    expect(owned(forged.body).owner).toBe('anon');
    expect(forged.headers['x-cache']).toBe('MISS');
  });

  it('case 4: a hundred users, five at once, thirty rounds, never another’s', async () => {
    const [users, atOnce, rounds] = [100, 5, 30];
    const result = await askInRounds({ port: running.port, origin, users, atOnce, rounds });
    expect(result).toEqual({ answers: users * atOnce * rounds, wrong: 0, failed: [] });
  });

  it('case 5: the one who asked first leaves, and the others get their own', async () => {
    const held: (() => void)[] = [];
    origin.answer((req, res) => {
      held.push(() => res.end(ownerOf(req.headers.authorization)));
    });
    const before = origin.calls.length;
    const gone = new AbortController();
    const leader = ask(running.port, '/leader', { ...as('A'), signal: gone.signal });
    await origin.asked(before + 1);
    const same = ask(running.port, '/leader', as('A'));
    const other = ask(running.port, '/leader', as('B'));
    await origin.asked(before + 2);
    gone.abort();
    await expect(leader).rejects.toThrow();
    for (const answer of held) answer();
    expect((await same).body).toBe(ownerOf('Bearer A'));
    expect((await other).body).toBe(ownerOf('Bearer B'));
    expect(origin.countOf('/leader')).toBe(2);
  });

  it('case 7: a refusal, an error and a reset of one are not those of another', async () => {
    origin.answer((req, res) => {
      const token = req.headers.authorization ?? '';
      if (token.endsWith('reset')) req.socket.destroy();
      else res.writeHead(Number(token.slice(-3))).end(token);
    });
    const told = async (): Promise<number[]> => {
      const tokens = ['401', '500', 'reset', '200'];
      const all = tokens.map((token) => ask(running.port, '/mixed', as(token)));
      return (await Promise.all(all)).map(({ status }) => status);
    };
    expect(await told()).toEqual([401, 500, 502, 200]);
    const before = origin.calls.length;
    expect(await told()).toEqual([401, 500, 502, 200]);
    // The good one was kept; a GET that died unheard is asked once more on a new socket.
    expect(origin.calls.length - before).toBe(4);
  });

  it.each([200, 302, 403])(
    'case 6: fifty strangers at once get fifty cookies (%i)',
    async (status) => {
      origin.answer((_req, res) => {
        res.writeHead(status, { 'Set-Cookie': `s=${origin.calls.length}` }).end();
      });
      const all = Array.from({ length: 50 }, () =>
        ask(running.port, `/login/${status}`, { agent }),
      );
      const cookies = (await Promise.all(all)).map(({ headers }) => headers['set-cookie']);
      expect(new Set(cookies).size).toBe(50);
    },
  );
});

describe('a crowd', () => {
  it('case 90: of a thousand on one cold path reaches the upstream once', async () => {
    let finish = (): void => undefined;
    origin.answer((_req, res) => {
      finish = () => res.end('computed');
    });
    const before = origin.calls.length;
    let told = 0;
    const all = Array.from({ length: 1_000 }, async () => {
      const { status, body } = await ask(running.port, '/cold');
      told += 1;
      return `${status} ${body}`;
    });
    await origin.asked(before + 1);
    const metrics = `${running.gateway.operationsUrl}/metrics`;
    interface Held {
      readonly held: { readonly waiters: number };
    }
    let waiting = 0;
    while (waiting < 1_000) {
      await settle(50);
      waiting = ((await (await fetch(metrics)).json()) as Held).held.waiters;
    }
    expect(told).toBe(0);
    finish();
    expect(new Set(await Promise.all(all))).toEqual(new Set(['200 computed']));
    expect(origin.countOf('/cold')).toBe(1);
  });
});

describe('a caller who leaves', () => {
  it.each([
    ['/kept/left', false],
    ['/abandon/left', true],
  ])('alone on %s: the computation is cancelled: %s', async (path, cancelled) => {
    let finish = (): void => undefined;
    origin.answer((_req, res) => {
      finish = () => res.end('computed');
    });
    const before = origin.calls.length;
    const gone = new AbortController();
    const left = head(running.port, path, { signal: gone.signal });
    await origin.asked(before + 1);
    gone.abort();
    await expect(left).rejects.toThrow();
    const call = origin.calls[before];
    if (cancelled) {
      await until(() => call?.cut === true);
      origin.answer(undefined);
    } else finish();
    const next = await ask(running.port, path);
    expect(origin.countOf(path)).toBe(cancelled ? 2 : 1);
    expect(next.status).toBe(200);
    expect(call?.cut ?? false).toBe(cancelled);
  });
});
