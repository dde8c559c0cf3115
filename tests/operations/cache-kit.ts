/** A gateway with an origin behind it, and its admin API at hand. */
import { expect } from '@jest/globals';
import { ask, type ClientAnswer } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

export const RIGHT = { Authorization: `Bearer ${TOKEN}` };
export const JSON_TYPE = { 'Content-Type': 'application/json' };

export interface Done {
  readonly id: string;
  readonly matched: number | null;
}

export interface CacheDesk {
  readonly origin: Origin;
  readonly running: RunningGateway;
  readonly get: (path: string, headers?: object) => Promise<ClientAnswer>;
  /** What X-Cache says. */
  readonly kindOf: (path: string, headers?: object) => Promise<string | undefined>;
  readonly admin: <T>(path: string) => Promise<T>;
  readonly statusOf: (path: string) => Promise<number>;
  readonly send: (body: string) => Promise<ClientAnswer>;
  readonly invalidate: (order: object) => Promise<Done>;
  readonly close: () => Promise<void>;
}

export async function openDesk(server = ''): Promise<CacheDesk> {
  const origin = await openOrigin();
  const yaml = `
${server}
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /slow, upstream: some, cache: { ttl: 30s } }
  - { path: /c/**, upstream: some, cache: { ttl: 30s, tags: [c] } }
  - { path: /x/**, upstream: some }
`;
  const running = await openGateway(yaml, { environment: { OPERATIONS_TOKEN: TOKEN } });
  const get = (path: string, headers: object = {}): Promise<ClientAnswer> =>
    ask(running.port, path, { headers: { ...headers } });
  const look = (path: string): Promise<ClientAnswer> =>
    ask(running.operationsPort, `/admin/cache/${path}`, { headers: RIGHT });
  const send = (body: string): Promise<ClientAnswer> => {
    const headers = { ...RIGHT, ...JSON_TYPE };
    const path = '/admin/cache/invalidate';
    return ask(running.operationsPort, path, { method: 'POST', headers, body });
  };
  return {
    ...{ origin, running, get, send },
    kindOf: async (path, headers) => (await get(path, headers)).headers['x-cache'],
    async admin<T>(path: string) {
      const answer = await look(path);
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
      return JSON.parse(answer.body) as T;
    },
    statusOf: async (path) => (await look(path)).status,
    async invalidate(order) {
      const answer = await send(JSON.stringify(order));
      expect(answer.status).toBe(200);
      return JSON.parse(answer.body) as Done;
    },
    async close() {
      await running.close();
      await origin.close();
    },
  };
}
