/** One house with two doors: one with the fast lane, one where everything goes through Express. */
import type { Aliases } from '../../src/cache/aliases.js';
import { createApp } from '../../src/app.js';
import { systemClock } from '../../src/clock.js';
import { furnish, type Interior } from '../../src/interior.js';
import type { Settings } from '../../config/settings.js';
import { usualLimits } from '../../src/server/limits.js';
import { listen, type Listener } from '../../src/server/listen.js';
import { expressClasses } from '../../src/server/prototypes.js';
import { requestIds } from '../../src/server/request-id.js';
import * as slices from '../../src/slices.js';
import { settingsFrom } from '../fakes/gateway.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { rawClient, type RawClient } from '../fakes/raw-client.js';
import { quietLog } from '../upstream/kit.js';

export interface Doors {
  readonly interior: Interior;
  readonly clock: HandClock;
  readonly origin: Origin;
  readonly settings: (rest: string) => Settings;
  /** Sends the request; tells the bytes of the answer and whether Express was asked for it. */
  lane(request: string): Promise<Answered>;
  express(request: string): Promise<Answered>;
  /** Sends the request to the lane; the answer is for whoever waits for it. */
  begin(request: string): RawClient;
  close(): Promise<void>;
}

export interface Answered {
  readonly text: string;
  readonly byLane: boolean;
}

/** It never remembers, so that its door has no lane. */
const blind: Aliases = {
  get: () => undefined,
  set: () => undefined,
  clear: () => undefined,
  stats: () => ({ entries: 0, entriesMax: 0 }),
};

async function openDoor(interior: Interior, aliases: Aliases, settings: Settings) {
  const { app, handler } = createApp({
    ...{ rooms: interior.rooms, answers: interior.answers, aliases, log: quietLog() },
    ids: requestIds(),
    admit: ({ authorization }) => interior.identity.partitionOf(authorization),
    readiness: () => ({ ready: true, reason: undefined, parts: {} }),
    metrics: { negotiated: () => undefined, prometheus: () => undefined },
    mayReadMetrics: () => false,
  });
  return await listen(
    {
      bind: { host: '127.0.0.1', port: 0, backlog: 511, settings: { host: 'h', port: 'p' } },
      gate: slices.publicGate(settings),
      limits: usualLimits,
    },
    { clock: systemClock, log: quietLog(), handler, classes: expressClasses(app) },
  );
}

export async function openDoors(rest: (origin: Origin) => string): Promise<Doors> {
  const origin = await openOrigin();
  const clock = handClock();
  const all = (text: string): Settings =>
    settingsFrom(
      `server: { hosts: [gateway.test] }\nupstreams: { some: { url: "${origin.url}" } }\n${text}`,
    );
  const settings = all(rest(origin));
  const interior = furnish(settings, clock, quietLog());
  const doors: readonly Listener[] = [
    await openDoor(interior, interior.aliases, settings),
    await openDoor(interior, blind, settings),
  ];
  const { rooms } = interior;
  const send = async (door: Listener | undefined, request: string): Promise<Answered> => {
    let matched = 0;
    const { rules } = rooms;
    // The lane asks no rule; whatever comes to Express does.
    rooms.rules = {
      ...rules,
      match(method, path) {
        matched += 1;
        return rules.match(method, path);
      },
    };
    const client = rawClient(door?.port ?? 0);
    client.write(request);
    await client.closed();
    const text = client.text();
    client.leave();
    rooms.rules = rules;
    return { text, byLane: matched === 0 };
  };
  return {
    ...{ interior, clock, origin, settings: all },
    lane: (request) => send(doors[0], request),
    express: (request) => send(doors[1], request),
    begin(request) {
      const client = rawClient(doors[0]?.port ?? 0);
      client.write(request);
      return client;
    },
    async close() {
      await Promise.all(doors.map((door) => door.stop()));
      await interior.close(0);
      await origin.close();
    },
  };
}

export function requestText(path: string, lines: readonly string[] = [], method = 'GET'): string {
  const head = [`${method} ${path} HTTP/1.1`, 'Host: gateway.test', 'Connection: close', ...lines];
  return `${head.join('\r\n')}\r\n\r\n`;
}

/** Two answers differ by nothing else than the id of their request and the moment. */
export function comparable(text: string): string {
  return text.replace(/^(X-Request-Id): .*$/im, '$1: *').replace(/^(Date): .*$/im, '$1: *');
}
