/** `npm run energy`: the service alone on its port, and gateways elsewhere that stand before it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { endEverything, energyStart } from '../fakes/leyden-process.js';
import { openOrigin } from '../fakes/origin.js';
import { rawClient } from '../fakes/raw-client.js';
import { until } from '../fakes/waiting.js';
import { act, post, shippedRoutesTo, tell, versionOf } from '../scenarios/energy-kit.js';

const open: { close(): Promise<void> }[] = [];
function kept<T extends { close(): Promise<void> }>(thing: T): T {
  open.push(thing);
  return thing;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(endEverything);

const gatewayTo = async (...urls: readonly string[]): Promise<RunningGateway> =>
  kept(await openGateway(shippedRoutesTo(...urls)));

describe('the energy service alone', () => {
  let port = 0;
  beforeAll(async () => {
    ({ port } = await energyStart());
  });

  it('answers on its own port, without a cache, and tells how it is', async () => {
    const first = await tell(port, '/energy/gradient');
    expect(first).toMatchObject({ status: 200, cache: undefined });
    expect(first.headers).toMatchObject({ 'cache-tag': 'energy', 'x-request-id': /./ as unknown });
    expect((await tell(port, '/health')).json).toEqual({ status: 'ok' });
    const ready = await tell(port, '/health/ready');
    expect(ready.json).toEqual({ status: 'ready', parts: { notices: 'off' } });
    const metrics = await tell(port, '/metrics');
    expect(metrics.json).toMatchObject({
      service: 'leyden-energy',
      state_version: 1,
      pools: { 'energy workers': { max: 2, in_use: 0, completed: 1 } },
      watchers: { open: 0, max: 16 },
      notices: [],
    });
  });

  it('its errors are problem documents, whoever found the fault', async () => {
    for (const [path, method, status] of [
      ['/nothing', 'GET', 404],
      ['/energy/reset', 'GET', 405],
      ['/energy/gradient?x=1', 'GET', 400],
      ['/energy/log', 'POST', 400],
      ['/energy/gradient', 'PURGE', 405],
    ] as const) {
      const answer = await tell(port, path, { method });
      expect(answer).toMatchObject({ status, json: { status } });
      expect(answer.headers['content-type']).toBe('application/problem+json');
    }
    const strange = await tell(port, '/energy/gradient', { headers: { Host: 'elsewhere.test' } });
    expect(strange.status).toBe(421);
  });

  it('case 127: a body of 1 GB is refused before it comes, or soon if it is chunked', async () => {
    const post = `POST /energy/compute HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
    const json = 'Content-Type: application/json\r\n';
    const declared = rawClient(port);
    declared.write(`${post}${json}Content-Length: 1073741824\r\n\r\n{`);
    const [refused] = await declared.closed();
    expect(refused).toMatchObject({ status: 413, complete: true });
    expect(refused?.headers.get('connection')).toBe('close');

    const chunked = rawClient(port);
    chunked.write(`${post}${json}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.concat([
      Buffer.from('100000\r\n'),
      Buffer.alloc(2 ** 20),
      Buffer.from('\r\n'),
    ]);
    let sentMegabytes = 0;
    while (!chunked.socket.destroyed && chunked.text() === '' && sentMegabytes < 1024) {
      sentMegabytes += 1;
      await new Promise<void>((resolve) => {
        chunked.socket.write(chunk, () => {
          resolve();
        });
      });
    }
    const [cut] = await chunked.closed();
    expect(cut?.status).toBe(413);
    expect(sentMegabytes).toBeLessThan(64);
    expect((await tell(port, '/energy/gradient')).status).toBe(200);
  });

  it('SIGTERM: not ready, the running computation is finished, exit code 0', async () => {
    const energy = await energyStart();
    const running = tell(energy.port, '/energy/gradient?agents=1500');
    while ((await inUse(energy.port)) === 0);
    energy.signal('SIGTERM');
    expect((await running).status).toBe(200);
    expect(await energy.ended).toMatchObject({ code: 0, signal: null });
  });

  it('a busy port and a wrong setting end it with one plain sentence', async () => {
    await expect(energyStart({ PORT: String(port) })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is already in use`,
    );
    await expect(energyStart({ ENERGY_NOTIFY: 'http://127.0.0.1:9090' })).rejects.toThrow(
      'energy.notify needs operations.token',
    );
  });
});

async function inUse(port: number): Promise<number> {
  const { json } = await tell(port, '/metrics');
  const pools = json['pools'] as Record<string, { readonly in_use: number }>;
  return pools['energy workers']?.in_use ?? 0;
}

describe('a gateway before a service that runs alone', () => {
  it('a MISS, then HITs; after a POST through it no GET is old, thirty times', async () => {
    const energy = await energyStart();
    const { port } = await gatewayTo(energy.url);
    const path = '/energy/gradient';
    expect((await tell(port, path)).cache).toBe('MISS');
    expect((await tell(port, path)).cache).toBe('HIT');
    for (let nth = 0; nth < 30; nth += 1) {
      const done = await act(port, nth);
      expect(done.status).toBe(200);
      expect(versionOf(await tell(port, path))).toBe(versionOf(done));
      expect((await tell(port, path)).cache).toBe('HIT');
    }
  });

  it('one of two services dies: the other answers, and callers see no error', async () => {
    const [one, other] = [await energyStart(), await energyStart()];
    const { port } = await gatewayTo(one.url, other.url);
    for (let seed = 0; seed < 4; seed += 1) await tell(port, `/energy/gradient?seed=${seed}`);
    one.signal('SIGKILL');
    await one.ended;
    for (let seed = 10; seed < 20; seed += 1) {
      expect((await tell(port, `/energy/gradient?seed=${seed}`)).status).toBe(200);
    }
  });
});

describe('a POST straight to a service that runs alone', () => {
  it('is answered when the gateways that it knows have forgotten', async () => {
    const gateways = kept(await openOrigin());
    const tokens = { OPERATIONS_TOKEN: TOKEN, ENERGY_NOTIFY: gateways.url };
    const energy = await energyStart(tokens);
    // At its start, for the state that was before is gone.
    await gateways.asked(1);
    await post(energy.port, '/energy/reset');
    expect(gateways.calls).toHaveLength(2);
    for (const { method, target, rawHeaders, body } of gateways.calls) {
      expect({ method, target }).toEqual({ method: 'POST', target: '/admin/cache/invalidate' });
      expect(rawHeaders).toEqual(expect.arrayContaining([`Bearer ${TOKEN}`, 'application/json']));
      const purge = { type: 'tag', selectors: ['energy'], mode: 'delete' };
      expect(JSON.parse(body)).toEqual(purge);
    }
    await ask(energy.port, '/energy/gradient');
    expect(gateways.calls).toHaveLength(2);
  });

  it('no GET through a gateway is old afterwards, twenty times', async () => {
    // Stands where the gateway's operations listener will be, once that is known.
    const relay = kept(await openOrigin());
    const energy = await energyStart({ OPERATIONS_TOKEN: TOKEN, ENERGY_NOTIFY: relay.url });
    const environment = { OPERATIONS_TOKEN: TOKEN };
    const gateway = kept(await openGateway(shippedRoutesTo(energy.url), { environment }));
    relay.answer((req, res) => {
      const { authorization = '' } = req.headers;
      const headers = { Authorization: authorization, 'Content-Type': 'application/json' };
      req.once('end', () => {
        const more = { method: 'POST', headers, body: relay.calls.at(-1)?.body ?? '' };
        void ask(gateway.operationsPort, req.url ?? '', more).then(({ status, body }) => {
          res.statusCode = status;
          res.end(body);
        });
      });
    });
    for (let nth = 0; nth < 20; nth += 1) {
      const done = await act(energy.port, nth);
      expect(versionOf(await tell(gateway.port, '/energy/gradient'))).toBe(versionOf(done));
      expect((await tell(gateway.port, '/energy/gradient')).cache).toBe('HIT');
    }
    const { json } = await tell(energy.port, '/metrics');
    expect(json['notices']).toMatchObject([{ failed: 0, pending: false }]);
  });

  it('a gateway that is away costs no act its answer, and is told when it is back', async () => {
    const gateways = kept(await openOrigin());
    gateways.answer((_req, res) => {
      res.statusCode = 503;
      res.end();
    });
    const tokens = { OPERATIONS_TOKEN: TOKEN, ENERGY_NOTIFY: gateways.url };
    const energy = await energyStart(tokens);
    await gateways.asked(1);
    expect((await post(energy.port, '/energy/reset')).status).toBe(200);
    gateways.answer(undefined);
    const notice = async () => {
      const { json } = await tell(energy.port, '/metrics');
      return (json['notices'] as { readonly pending: boolean; readonly heard: number }[])[0];
    };
    const told = gateways.calls.length;
    await until(() => gateways.calls.length > told);
    while ((await notice())?.pending === true);
    expect(await notice()).toMatchObject({ heard: 1 });
  });
});
