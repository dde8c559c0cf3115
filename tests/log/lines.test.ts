/** Log lines: one JSON object each, short enough, whatever somebody put into a request. */
import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentRequest, inRequest, whileWorking } from '../../src/log.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { exchange } from '../fakes/raw-client.js';
import { openKept } from './kit.js';

const NASTY = ['a\nb', '\r\n{"event":"forged"}', '\u001b[31m', '\u2028\u2029', '\u0085', '"}{'];

describe('case 113: a line', () => {
  it.each(NASTY.map((text) => [JSON.stringify(text), text]))(
    'stays one JSON object when a value is %s',
    (_shown, text) => {
      const { clock, log, texts, lines } = openKept();
      log.warn('said', { text });
      inRequest(text, new EventEmitter(), () => {
        log.warn('said again');
      });
      log.access({ id: 'r1', path: text });
      clock.turn(100);
      expect(lines()).toMatchObject([{ text }, { id: text }, { path: text }]);
      for (const one of texts()) expect(one).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    },
  );

  it.each([
    ['letters', 'x'.repeat(10_000)],
    ['escapes', '\u2028'.repeat(10_000)],
    ['wide characters', '漢'.repeat(10_000)],
    ['broken pairs', '\ud83d'.repeat(10_000)],
  ])('is at most 2 KiB and keeps its short fields when a path has 10,000 %s', (_what, path) => {
    const { clock, log, texts, lines } = openKept();
    log.access({ id: 'r1', method: 'GET', path, status: 200, outcome: 'hit', ms: 1 });
    log.warn('said', { first: path, second: path, third: path, fourth: path });
    clock.turn(100);
    for (const text of texts()) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048);
    expect(lines()).toHaveLength(2);
    expect(lines().find(({ event }) => event === 'request')).toMatchObject({
      ...{ id: 'r1', status: 200, outcome: 'hit' },
      shortened: expect.any(Number),
    });
  });
});

describe('case 113: the log of a gateway', () => {
  let origin: Origin;
  let running: RunningGateway;
  beforeAll(async () => {
    origin = await openOrigin();
    running = await openGateway(`
log: { level: debug }
upstreams: { some: { url: "${origin.url}" } }
routes: [{ path: /**, upstream: some, methods: any }]
`);
  });
  afterAll(async () => {
    await running.close();
    await origin.close();
  });

  it('has one JSON object a line for whatever is sent as path, agent, id or name', async () => {
    const host = `Host: 127.0.0.1:${running.port}\r\nConnection: close\r\n`;
    const nasty = ['%0a%0d%1b', '\u001b[31m', '\u00e2\u0080\u00a8', 'x'.repeat(10_240), '"}{'];
    for (const text of nasty) {
      await exchange(running.port, `GET /a${text} HTTP/1.1\r\n${host}\r\n`);
      await exchange(running.port, `GET /a?${text} HTTP/1.1\r\n${host}\r\n`);
      await exchange(running.port, `GET /a HTTP/1.1\r\n${host}User-Agent: ${text}\r\n\r\n`);
      await exchange(running.port, `GET /a HTTP/1.1\r\n${host}X-Request-Id: ${text}\r\n\r\n`);
      await exchange(running.port, `GET /a HTTP/1.1\r\n${host}X-${text}: 1\r\n\r\n`);
    }
    await running.close();
    const lines = running.lines();
    expect(lines.filter((line) => line.includes('"request"')).length).toBeGreaterThan(8);
    for (const line of lines) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(2048);
      expect(JSON.parse(line)).toMatchObject({ time: expect.any(String) });
    }
  });
});

describe('a line that is written while a request is handled', () => {
  it('carries its id, and after it no more', async () => {
    const { log, lines } = openKept();
    await Promise.all(
      ['one', 'two'].map(
        (id) =>
          new Promise<void>((resolve) => {
            inRequest(id, new EventEmitter(), () => {
              void Promise.resolve().then(() => {
                log.warn(`said_${id}`);
                resolve();
              });
            });
          }),
      ),
    );
    log.warn('said_outside');
    expect(lines().map(({ event, id }) => [event, id])).toEqual([
      ['said_one', 'one'],
      ['said_two', 'two'],
      ['said_outside', undefined],
    ]);
    expect(currentRequest()).toBeUndefined();
  });

  it('carries it also in what goes on when the request has been answered', async () => {
    const { log, lines } = openKept();
    const [first, second] = [new EventEmitter(), new EventEmitter()];
    let finish = (): void => undefined;
    const working = new Promise<void>((resolve) => (finish = resolve));
    let work: Promise<void> | undefined;
    inRequest('r1', first, () => {
      work = whileWorking(async () => {
        await working;
      }).then(() => {
        log.warn('said_late');
      });
    });
    inRequest('r2', second, () => undefined);
    for (const response of [first, second]) response.emit('close');
    finish();
    await work;
    expect(lines()).toMatchObject([{ event: 'said_late', id: 'r1' }]);
  });

  it('that has an id of its own keeps it and says both', () => {
    const { log, texts } = openKept();
    inRequest('r1', new EventEmitter(), () => {
      log.warn('invalidated', { id: 'p1' });
    });
    expect(texts()[0]).toContain('"request":"r1","id":"p1"');
  });
});
