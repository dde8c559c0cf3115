/** The webhook: every notice arrives once, in order and signed, or is counted as lost. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Log } from '../../src/log.js';
import { openWebhook, signature, type Notice } from '../../src/operations/webhook.js';
import { handClock } from '../fakes/hand-clock.js';
import { until } from '../fakes/waiting.js';

const notice = (name: string, event: Notice['event'] = 'firing'): Notice => ({
  ...{ event, name, severity: 'critical', sentence: 'It is bad.', value: 7, threshold: 5 },
});

interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Answer = (res: ServerResponse, nth: number) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function opened(answer: Answer, more: { attempts?: number; queueMax?: number } = {}) {
  const got: Got[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      got.push({ headers: req.headers, body });
      answer(res, got.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = handClock(1_700_000_000_000);
  const logged: unknown[] = [];
  const say = (event: string, fields?: unknown): void => void logged.push([event, fields]);
  const log: Log = {
    ...{ error: say, warn: say, info: say, debug: say, access: () => undefined },
    level: () => 'info',
    setLevel: () => undefined,
    dropped: () => 0,
    close: () => Promise.resolve(),
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=of-mine`;
  const options = {
    url,
    secret: 'a secret of sixteen',
    timeoutMs: 5_000,
    attempts: 3,
    queueMax: 9,
  };
  const webhook = openWebhook({ ...options, ...more }, clock, log);
  closers.push(() => {
    webhook.close();
    server.closeAllConnections();
    server.close();
  });
  const names = (): unknown[] => got.map(({ body }) => (JSON.parse(body) as Notice).name);
  return { webhook, clock, got, logged, names };
}

const fine: Answer = (res) => res.writeHead(204).end();
const sick: Answer = (res) => res.writeHead(503).end();

describe('a notice', () => {
  it('says what began or ended, signed together with the time', async () => {
    const { webhook, got } = await opened(fine);
    webhook.send(notice('high_error_rate'));
    await until(() => webhook.stats().sent === 1);
    const [{ headers, body } = { headers: {}, body: '' }] = got;
    expect(JSON.parse(body)).toMatchObject({
      ...{ service: 'leyden', event: 'firing', name: 'high_error_rate', severity: 'critical' },
      ...{ value: 7, threshold: 5, at: '2023-11-14T22:13:20.000Z' },
      id: headers['leyden-notice-id'],
    });
    expect(headers['content-type']).toBe('application/json');
    expect(headers['leyden-signature']).toBe(
      signature('a secret of sixteen', 1_700_000_000_000, body),
    );
    expect(headers['leyden-signature']).toMatch(/^t=1700000000,v1=[0-9a-f]{64}$/);
  });

  it('goes out after those before it, one at a time', async () => {
    const { webhook, names } = await opened(fine);
    for (const name of ['a', 'b', 'c']) webhook.send(notice(name));
    await until(() => webhook.stats().sent === 3);
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(webhook.stats()).toMatchObject({ waiting: 0, failed: 0, dropped: 0 });
  });

  it('is tried again after ever longer waits, under the same id', async () => {
    const { webhook, clock, got } = await opened((res, nth) => {
      if (nth < 3) sick(res, nth);
      else fine(res, nth);
    });
    webhook.send(notice('a'));
    await until(() => webhook.stats().retried === 1);
    clock.turn(999);
    expect(got.length).toBe(1);
    clock.turn(1);
    await until(() => webhook.stats().retried === 2);
    clock.turn(1_999);
    expect(got.length).toBe(2);
    clock.turn(1);
    await until(() => webhook.stats().sent === 1);
    expect(new Set(got.map(({ headers }) => headers['leyden-notice-id'])).size).toBe(1);
  });

  it('is given up after its last attempt, and the next one gets its turn', async () => {
    const { webhook, clock, logged, names } = await opened(
      (res, nth) => {
        if (nth < 3) sick(res, nth);
        else fine(res, nth);
      },
      { attempts: 2 },
    );
    webhook.send(notice('a'));
    webhook.send(notice('b'));
    await until(() => webhook.stats().retried === 1);
    clock.turn(1_000);
    await until(() => webhook.stats().sent === 1);
    expect(names()).toEqual(['a', 'a', 'b']);
    expect(webhook.stats()).toMatchObject({ sent: 1, failed: 1, waiting: 0 });
    expect(logged).toEqual([['alert_notice_lost', { alert: 'a', tries: 2 }]]);
  });

  it.each([301, 400, 401, 404])('that is answered with %i is not sent again', async (status) => {
    const { webhook, got } = await opened((res) => {
      res.writeHead(status, { Location: '/elsewhere' }).end();
    });
    webhook.send(notice('a'));
    await until(() => webhook.stats().failed === 1);
    expect(got.length).toBe(1);
  });

  it('that nobody answers is broken off at the limit and tried again', async () => {
    const { webhook, clock, got } = await opened((res, nth) => {
      if (nth > 1) fine(res, nth);
    });
    webhook.send(notice('a'));
    await until(() => got.length === 1);
    clock.turn(5_000);
    await until(() => webhook.stats().retried === 1);
    clock.turn(1_000);
    await until(() => webhook.stats().sent === 1);
  });
});

describe('the queue', () => {
  it('is bounded: the oldest that waits gives way, the one under way stays', async () => {
    let held: ServerResponse | undefined;
    const { webhook, got, names } = await opened(
      (res, nth) => {
        if (nth === 1) held = res;
        else fine(res, nth);
      },
      { queueMax: 3 },
    );
    webhook.send(notice('a'));
    await until(() => got.length === 1);
    for (const name of ['b', 'c', 'd', 'e']) webhook.send(notice(name));
    expect(webhook.stats()).toMatchObject({ waiting: 3, queueMax: 3, dropped: 2 });
    held?.writeHead(204).end();
    await until(() => webhook.stats().sent === 3);
    expect(names()).toEqual(['a', 'd', 'e']);
  });

  it('is empty and silent without an address, and after the end', async () => {
    const { webhook, clock, got } = await opened(sick);
    webhook.send(notice('a'));
    await until(() => webhook.stats().retried === 1);
    webhook.close();
    webhook.send(notice('b'));
    clock.turn(60_000);
    expect([webhook.stats().waiting, got.length, clock.pending()]).toEqual([0, 1, 0]);
  });
});
