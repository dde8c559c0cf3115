/** Requests and responses are Express's own from birth. */
import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { systemClock } from '../../src/clock.js';
import { usualLimits } from '../../src/server/limits.js';
import { listen, type Listener } from '../../src/server/listen.js';
import { expressClasses } from '../../src/server/prototypes.js';
import { keptLog } from '../fakes/kept-log.js';
import { exchange } from '../fakes/raw-client.js';
import { usualGate } from './kit.js';

let listener: Listener;
afterEach(async () => {
  await listener.stop();
});

describe('an Express application behind the listener', () => {
  it('finds its own prototypes already in place, and works as ever', async () => {
    const app = express();
    app.get('/hello/:name', (request, response) => {
      response.cookie('a', 'b').json({ name: request.params.name, host: request.hostname });
    });
    const bornRight: boolean[] = [];
    listener = await listen(
      {
        bind: { host: '127.0.0.1', port: 0, backlog: 511, settings: { host: 'h', port: 'p' } },
        gate: usualGate,
        limits: usualLimits,
      },
      {
        clock: systemClock,
        log: keptLog().log,
        classes: expressClasses(app),
        handler: (request, response) => {
          bornRight.push(
            Object.getPrototypeOf(request) === app.request,
            Object.getPrototypeOf(response) === app.response,
          );
          app(request, response);
        },
      },
    );
    const host = `127.0.0.1:${listener.port}`;
    const [answer] = await exchange(
      listener.port,
      `GET /hello/you HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(bornRight).toEqual([true, true]);
    expect(answer?.headers.get('set-cookie')).toBe('a=b; Path=/');
    expect(JSON.parse(answer?.body ?? '')).toEqual({ name: 'you', host: '127.0.0.1' });
  });
});
