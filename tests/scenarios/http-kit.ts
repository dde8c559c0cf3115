/** An origin and a gateway whose routes obey it, for tests of `cache: http` on real sockets. */
import { ask, keptAgent, type Ask, type ClientAnswer } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

export interface More extends Omit<Ask, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Scene {
  readonly origin: Origin;
  readonly running: RunningGateway;
  readonly agent: ReturnType<typeof keptAgent>;
  get(path: string, more?: More, host?: string): Promise<ClientAnswer>;
  close(): Promise<void>;
}

export async function openScene(): Promise<Scene> {
  const origin = await openOrigin();
  const agent = keptAgent(64);
  const running = await openGateway(`
server: { hosts: [a.test, b.test] }
upstreams: { some: { url: "${origin.url}" } }
budget: { concurrent: 256, queued: 10000 }
http: { pool: { max: 256, queued: 10000 } }
routes:
  - path: /rule
    upstream: some
    methods: [GET, POST]
    cache: { ttl: 30s, body: { json: canonical } }
  - { path: /refuse, upstream: some, cache: http, setCookie: refuse, cookies: bypass }
  - { path: /**, upstream: some, methods: [GET, POST, PUT, QUERY], cache: http }
`);
  return {
    ...{ origin, running, agent },
    get: (path, more = {}, host = 'a.test') =>
      ask(running.port, path, { agent, ...more, headers: { Host: host, ...more.headers } }),
    async close() {
      agent.destroy();
      await running.close();
      await origin.close();
    },
  };
}
