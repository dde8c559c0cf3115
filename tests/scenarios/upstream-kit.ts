/** An origin made of bytes, a proxy that breaks on command, a gateway with short limits. */
import { ask, type Ask, type ClientAnswer } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { answer, openRawOrigin, type RawOrigin, type Script } from '../upstream/raw-origin.js';

export interface FaultScene {
  readonly origin: RawOrigin;
  readonly proxy: FaultProxy;
  readonly running: RunningGateway;
  /** What the origin does with each request from now on. */
  script(next: Script): void;
  /** The origin says these bytes to each request from now on, and may close behind them. */
  says(bytes: string, end?: 'end' | 'stay'): void;
  get(path: string, more?: Ask): Promise<ClientAnswer>;
  /** `200 body`, `502 reset` (the last word of the problem), or `broken`. */
  see(path: string, more?: Ask): Promise<string>;
  /** Whether a whole answer that comes now reaches the origin: nothing was kept before it. */
  isKept(path: string): Promise<boolean>;
  /** A number of the gateway: the sum of all series whose name and labels begin like this. */
  metric(start: string): Promise<number>;
  close(): Promise<void>;
}

export interface FaultSceneOptions {
  /** Settings of the upstream, in YAML's flow style. */
  readonly upstream?: string;
  readonly top?: string;
  readonly scheme?: 'http' | 'https';
}

/** Long enough for a busy machine, short enough to wait for. */
export const SHORT = 'timeout: { connect: 300ms, head: 300ms, idle: 300ms }';
/** For scenes whose origin fails on purpose, again and again. */
export const NEVER_SICK = 'sick: { failures: 1000, calls: 1000000 }';

const routes = `
routes:
  - { path: /plain/**, upstream: some, methods: any }
  - { path: /http/**, upstream: some, cache: http }
  - { path: /refuse/**, upstream: some, cache: http, setCookie: refuse }
  - { path: /old/**, upstream: some, cache: { ttl: 30s, staleIfError: 10m } }
  - { path: /kept/**, upstream: some, cache: { ttl: 30s, maxBytes: 64KiB } }
`;

export const ROUTES = ['/plain', '/http', '/kept'] as const;

export async function openFaultScene(options: FaultSceneOptions = {}): Promise<FaultScene> {
  const { upstream = `${SHORT}, ${NEVER_SICK}`, top = '', scheme = 'http' } = options;
  let script: Script = (socket) => socket.write(answer('whole'));
  const origin = await openRawOrigin((socket, head, nth) => {
    script(socket, head, nth);
  });
  const proxy = await startFaultProxy({ serverPort: origin.port });
  const running = await openGateway(`
upstreams:
  some: { url: "${scheme}://127.0.0.1:${proxy.port}", ${upstream} }
  nowhere: { url: "http://no-such-host.invalid" }
${top}${routes}  - { path: /nowhere/**, upstream: nowhere }
`);
  const get = (path: string, more: Ask = {}): Promise<ClientAnswer> =>
    ask(running.port, path, more);
  const wholeAgain: Script = (socket) => socket.write(answer('whole'));
  return {
    ...{ origin, proxy, running, get },
    script(next) {
      script = next;
    },
    says(bytes, end = 'stay') {
      script = (socket) => {
        socket.write(bytes, 'latin1', () => {
          if (end === 'end') socket.end();
        });
      };
    },
    async see(path, more) {
      try {
        const { status, body } = await get(path, more);
        const problem = /"type":"urn:leyden:problem:(\w+)"/.exec(body)?.[1];
        return `${status} ${problem ?? body}`.trim();
      } catch {
        return 'broken';
      }
    },
    async isKept(path) {
      proxy.set({ kind: 'pass' });
      script = wholeAgain;
      const before = origin.heads.length;
      const { body } = await get(path);
      const asked = origin.heads.length - before;
      if (asked > 0 && body !== 'whole') throw new Error(`not the answer that came: ${body}`);
      return asked === 0;
    },
    async metric(start) {
      const { body } = await ask(running.operationsPort, '/metrics/prometheus');
      const values = body
        .split('\n')
        .filter((line) => line.startsWith(start))
        .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
      return values.reduce((sum, value) => sum + value, 0);
    },
    async close() {
      await running.close();
      await proxy.close();
      await origin.close();
    },
  };
}
