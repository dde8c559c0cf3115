/** The energy service alone goes on with what a gateway began: its request id and its trace. */
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadSettings, packageRoot } from '../../config/settings.js';
import { aloneEnvironment, startEnergy, type RunningEnergy } from '../../src/energy-main.js';
import { ask } from '../fakes/client.js';
import { openCollector, type Collector } from '../fakes/collector.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { until } from '../fakes/waiting.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SERVER = 2;
const CLIENT = 3;

let collector: Collector;
let energy: RunningEnergy;
let running: RunningGateway;
let written = '';

/** Everything that it answered, line by line. */
const accessLines = () =>
  written
    .split('\n')
    .filter((line) => line.includes('"event":"request"'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

async function startAlone(environment: Record<string, string>): Promise<RunningEnergy> {
  const small = { PORT: '0', ENERGY_AGENTS: '16', ENERGY_WORKERS: '1', LEYDEN_LOG_FLUSH: '1ms' };
  const settings = loadSettings({
    file: undefined,
    environment: aloneEnvironment({ ...small, ...environment }),
    packageRoot: packageRoot(),
  });
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  return startEnergy(settings, '0.0.0', sink);
}

beforeAll(async () => {
  collector = await openCollector();
  const traced = {
    ...{ LEYDEN_TRACING_ENDPOINT: collector.url, LEYDEN_TRACING_FLUSH: '10ms' },
    // The gateway's word on what is recorded is taken, as one machine's that is known.
    ...{ LEYDEN_TRACING_RATIO: '0%', LEYDEN_SERVER_TRUSTED_PROXIES: '127.0.0.1/32' },
  };
  energy = await startAlone(traced);
  running = await openGateway(`
tracing: { endpoint: "${collector.url}", ratio: 100%, flush: 10ms }
upstreams: { energy: { url: "${energy.url}" } }
routes: [{ path: /energy/**, upstream: energy, cache: { ttl: 30s } }]
`);
});
afterAll(async () => {
  await running.close();
  await energy.close();
  await collector.close();
});

describe('a computation behind a gateway', () => {
  it('is a span below the question of the gateway, in the trace of whoever asked', async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'X-Request-Id': 'r-77' };
    expect((await ask(running.port, '/energy/meta', { headers })).status).toBe(200);
    const ofTrace = () => collector.spans().filter(({ traceId }) => traceId === TRACE);
    await until(() => ofTrace().filter(({ kind }) => kind === SERVER).length === 2);
    const question = ofTrace().find(({ kind }) => kind === CLIENT);
    const own = ofTrace().find(({ parentSpanId }) => parentSpanId === question?.spanId);
    expect(own).toMatchObject({ name: 'GET /energy/meta', kind: SERVER, events: [] });
    expect(own?.attributes).toEqual({
      ...{ 'http.request.method': 'GET', 'http.route': '/energy/meta' },
      ...{ 'http.response.status_code': 200, 'leyden.outcome': 'page' },
      'leyden.request_id': 'r-77',
    });
    const names = collector.resources.map((one) => one['service.name']);
    expect(new Set(names)).toEqual(new Set(['leyden', 'leyden-energy']));
  });

  it('leaves a line with the id of the request and of its trace', async () => {
    await until(() => accessLines().length > 0);
    expect(accessLines()).toMatchObject([
      { id: 'r-77', trace: TRACE, path: '/energy/meta', method: 'GET', status: 200 },
    ]);
  });

  it('that nobody traces has no trace in its line, and no span', async () => {
    const before = collector.spans().length;
    const port = Number(new URL(energy.url).port);
    await ask(port, '/energy/meta', { headers: { 'X-Request-Id': 'alone' } });
    await until(() => accessLines().some(({ id }) => id === 'alone'));
    expect(accessLines().find(({ id }) => id === 'alone')).not.toHaveProperty('trace');
    expect(collector.spans()).toHaveLength(before);
  });
});
