/** A gateway whose clock is turned by hand, and an origin that answers when the test says so. */
import type { ServerResponse } from 'node:http';
import { createApp } from '../../src/app.js';
import { systemClock } from '../../src/clock.js';
import { furnish, type Interior } from '../../src/interior.js';
import type { LogFields } from '../../src/log.js';
import { usualLimits } from '../../src/server/limits.js';
import { listen } from '../../src/server/listen.js';
import { expressClasses } from '../../src/server/prototypes.js';
import { requestIds } from '../../src/server/request-id.js';
import * as slices from '../../src/slices.js';
import { ask, type Ask, type ClientAnswer } from '../fakes/client.js';
import { settingsFrom } from '../fakes/gateway.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { until } from '../fakes/waiting.js';
import { quietLog } from '../upstream/kit.js';

export interface More extends Omit<Ask, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Scene {
  readonly interior: Interior;
  readonly clock: HandClock;
  readonly origin: Origin;
  readonly port: number;
  /** The access lines so far. */
  readonly lines: readonly LogFields[];
  get(path: string, more?: More): Promise<ClientAnswer>;
  /** Asks with this preference; nothing is turned. */
  prefer(preference: string, path: string, more?: More): Promise<ClientAnswer>;
  /** Asks with `respond-async` and gives it the moment that an answer at hand would need. */
  later(path: string, more?: More): Promise<ClientAnswer>;
  /** Turns the clock once the nth question (from 1) has reached the origin. */
  turnAt(nth: number, byMs: number): Promise<void>;
  /** The nth question (from 1) is answered. */
  answer(nth: number, body?: string, headers?: readonly string[], status?: number): Promise<void>;
  close(): Promise<void>;
}

export const HOST = 'gateway.test';

export async function openScene(yaml: string): Promise<Scene> {
  const origin = await openOrigin();
  const held: ServerResponse[] = [];
  origin.answer((_req, res) => void held.push(res));
  const clock = handClock();
  const settings = settingsFrom(
    `server: { hosts: [${HOST}, other.test] }\n` +
      `upstreams: { some: { url: "${origin.url}" } }\n${yaml}`,
  );
  const lines: LogFields[] = [];
  const log = { ...quietLog(), access: (fields: LogFields) => void lines.push(fields) };
  const interior = furnish(settings, clock, log);
  const { rooms, aliases, answers, identity } = interior;
  const { app, handler } = createApp({
    ...{ rooms, aliases, answers, log },
    ids: requestIds(),
    admit: ({ authorization }) => identity.partitionOf(authorization),
    readiness: () => ({ ready: true, reason: undefined, parts: {} }),
    metrics: { negotiated: () => undefined, prometheus: () => undefined },
    mayReadMetrics: () => false,
  });
  const listener = await listen(
    {
      bind: { host: '127.0.0.1', port: 0, backlog: 511, settings: { host: 'h', port: 'p' } },
      gate: slices.publicGate(settings),
      limits: usualLimits,
    },
    { clock: systemClock, log, handler, classes: expressClasses(app) },
  );
  const get: Scene['get'] = (path, more = {}) =>
    ask(listener.port, path, { ...more, headers: { Host: HOST, ...more.headers } });
  const prefer: Scene['prefer'] = (preference, path, more = {}) =>
    get(path, { ...more, headers: { Prefer: preference, ...more.headers } });
  const turnAt = async (nth: number, byMs: number): Promise<void> => {
    await until(() => held.length >= nth);
    clock.turn(byMs);
  };
  return {
    ...{ interior, clock, origin, lines, get, prefer, turnAt, port: listener.port },
    async later(path, more) {
      const waiting = rooms.flights.stats().waiting;
      const answer = prefer('respond-async', path, more);
      await until(() => rooms.flights.stats().waiting > waiting);
      clock.turn(0);
      return await answer;
    },
    async answer(nth, body = `answer ${nth}`, headers = [], status = 200) {
      await until(() => held.length >= nth);
      held[nth - 1]?.writeHead(status, [...headers]).end(body);
    },
    async close() {
      await listener.stop();
      await interior.close(0);
      await origin.close();
    },
  };
}

/** What a place says once it no longer computes. */
export async function ended(scene: Scene, location: string, more?: More): Promise<ClientAnswer> {
  for (let nth = 0; nth < 1_000; nth += 1) {
    const answer = await scene.get(location, more);
    if (answer.status !== 200) return answer;
  }
  throw new Error('it computes for ever');
}
