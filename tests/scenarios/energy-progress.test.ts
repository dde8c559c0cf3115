/** The progress of a calibration reaches a caller of the gateway while it happens. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { ask, head } from '../fakes/client.js';
import { eventsOf, type Events } from '../fakes/events.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { endEverything, energyStart } from '../fakes/leyden-process.js';
import { settle } from '../fakes/waiting.js';
import { post, shippedGateway, shippedRoutesTo, tell } from './energy-kit.js';

const open: RunningGateway[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(endEverything);

const PATH = '/energy/calibrate/progress';

interface Behind {
  readonly gateway: RunningGateway;
  /** Who watches now, by the service's own count. */
  readonly watchers: () => Promise<number>;
}

const builtIn = async (): Promise<Behind> => {
  const gateway = await shippedGateway();
  const watchers = async (): Promise<number> => {
    const { json } = await tell(gateway.operationsPort, '/metrics');
    return (json['held'] as Record<string, number>)['energy_watchers'] ?? 0;
  };
  return { gateway, watchers };
};

const alone = async (): Promise<Behind> => {
  const energy = await energyStart();
  const gateway = await openGateway(shippedRoutesTo(energy.url));
  const watchers = async (): Promise<number> => {
    const { json } = await tell(energy.port, '/metrics');
    return (json['watchers'] as { readonly open: number }).open;
  };
  return { gateway, watchers };
};

async function watch({ port }: RunningGateway): Promise<Events & { leave: () => void }> {
  const answer = await head(port, PATH);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    ...{ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-cache': 'BYPASS' },
  });
  return {
    ...eventsOf(answer),
    leave() {
      answer.destroy();
    },
  };
}

describe.each([
  ['the built-in service', builtIn],
  ['a service of its own', alone],
])('progress through the gateway, of %s', (_name, start) => {
  it('arrives while the calibration runs, and each watcher has his own stream', async () => {
    const { gateway } = await start();
    open.push(gateway);
    const [one, other] = [await watch(gateway), await watch(gateway)];
    await one.said(/retry/);
    let isAnswered = false;
    const posted = post(gateway.port, '/energy/calibrate', { tasks: 100 }).then(() => {
      isAnswered = true;
    });
    await Promise.all([one.said(/"state":"waiting"/), other.said(/"state":"waiting"/)]);
    expect(isAnswered).toBe(false);
    await Promise.all([one.said(/"state":"finished"/), other.said(/"state":"finished"/), posted]);
    expect(one.all().at(-1)).toMatchObject({ state: 'finished', done: 102, total: 102 });
    one.leave();
    other.leave();
  });

  it('who leaves is forgotten by the service, and nothing of it was cached', async () => {
    const { gateway, watchers } = await start();
    open.push(gateway);
    const events = await watch(gateway);
    await events.said(/retry/);
    expect(await watchers()).toBe(1);
    events.leave();
    while ((await watchers()) > 0) await settle(20);
    const { json } = await tell(gateway.operationsPort, '/metrics');
    const counts = json['http_cache'] as Record<string, unknown>;
    expect(counts).toMatchObject({ stored: 0, bypassed: 1 });
  });
});

describe('the shutdown of a gateway that somebody watches', () => {
  it('ends his stream cleanly and is not held up by it', async () => {
    const { gateway } = await builtIn();
    const events = await watch(gateway);
    await events.said(/retry/);
    await gateway.close();
    expect(await events.ended).toBe('ended');
    const drained = gateway.lines().find((line) => line.includes('"event":"drained"'));
    expect(drained).toContain('"forced":0');
  });

  it('the seventeenth watcher gets 503 with Retry-After', async () => {
    const { gateway } = await builtIn();
    open.push(gateway);
    const all = await Promise.all(Array.from({ length: 16 }, () => watch(gateway)));
    const refused = await ask(gateway.port, PATH);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect((await tell(gateway.port, '/energy/gradient')).status).toBe(200);
    for (const { leave } of all) leave();
  });
});
