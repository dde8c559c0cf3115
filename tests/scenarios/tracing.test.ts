/** Traces: what a collector receives of each request, and what an upstream hears of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openCollector, type Collector, type ReceivedSpan } from '../fakes/collector.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { until } from '../fakes/waiting.js';

const SERVER = 2;
const INTERNAL = 1;
const CLIENT = 3;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

let origin: Origin;
let collector: Collector;
let running: RunningGateway;
beforeAll(async () => {
  [origin, collector] = await Promise.all([openOrigin(), openCollector()]);
  running = await openGateway(`
tracing:
  endpoint: "${collector.url}/"
  headers: "x-key=collector%20key"
  serviceName: gate-7
  ratio: 100%
  flush: 10ms
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /pass/**, upstream: some, methods: any }
  - { path: /kept/*, upstream: some, cache: { ttl: 30s } }
`);
});
afterAll(async () => {
  await running.close();
  await Promise.all([origin.close(), collector.close()]);
});

/** The spans of this trace, once there are so many. */
async function spansOf(traceId: string, count: number): Promise<readonly ReceivedSpan[]> {
  const found = () => collector.spans().filter((span) => span.traceId === traceId);
  await until(() => found().length >= count);
  return found();
}

const ofKind = (spans: readonly ReceivedSpan[], kind: number) =>
  spans.filter((span) => span.kind === kind);

function upstreamHeard(target: string): string[] {
  const { rawHeaders = [] } = origin.calls.find((call) => call.target === target) ?? {};
  return rawHeaders.filter((_, at, all) => all[at - 1]?.toLowerCase() === 'traceparent');
}

describe('a request that had to be computed', () => {
  it('is one trace: the request, the computation, and the question to the upstream', async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'X-Request-Id': 'r-77' };
    await ask(running.port, '/kept/a?secret=query', { headers });
    const spans = await spansOf(TRACE, 3);
    const [server] = ofKind(spans, SERVER);
    const [computed] = ofKind(spans, INTERNAL);
    const [client] = ofKind(spans, CLIENT);
    expect(spans).toHaveLength(3);
    expect(server).toMatchObject({ name: 'GET /kept/*', parentSpanId: PARENT });
    expect(server?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/kept/*',
      'http.response.status_code': 200,
      'leyden.outcome': 'miss',
      'leyden.detail': 'stored',
      'leyden.request_id': 'r-77',
    });
    expect(server?.events).toMatchObject([{ name: 'cache.lookup' }]);
    expect(computed).toMatchObject({ name: 'compute', parentSpanId: server?.spanId });
    expect(computed?.attributes).toEqual({ 'leyden.callers': 1, 'leyden.behind': false });
    expect(client).toMatchObject({ name: 'GET', parentSpanId: computed?.spanId });
    expect(client?.attributes).toMatchObject({ 'leyden.upstream': 'some' });
  });

  it('tells the upstream to hang its own spans below ours', async () => {
    const trace = TRACE.replace('4', '5');
    const headers = { traceparent: `00-${trace}-${PARENT}-01` };
    for (const path of ['/kept/b', '/pass/b']) await ask(running.port, path, { headers });
    const spans = ofKind(await spansOf(trace, 5), CLIENT);
    const wanted = spans.map(({ spanId }) => `00-${trace}-${spanId}-01`);
    expect([...upstreamHeard('/kept/b'), ...upstreamHeard('/pass/b')].sort()).toEqual(
      wanted.sort(),
    );
  });

  it('that others joined is one computation, to which their traces point', async () => {
    let answer = (): void => undefined;
    origin.answer((_req, res) => {
      answer = () => void res.end('joined');
    });
    const asked = Array.from({ length: 3 }, () => ask(running.port, '/kept/joined'));
    for (let text = ''; !/^leyden_waiters 3$/m.test(text);) {
      text = (await ask(running.operationsPort, '/metrics/prometheus')).body;
    }
    answer();
    origin.answer(undefined);
    await Promise.all(asked);
    const named = () => collector.spans().filter(({ name }) => name === 'GET /kept/*');
    const joined = () => named().filter(({ links }) => links.length > 0);
    await until(() => joined().length === 2);
    const flight = collector.spans().find(({ spanId }) => spanId === joined()[0]?.links[0]?.spanId);
    expect(flight).toMatchObject({ name: 'compute', attributes: { 'leyden.callers': 3 } });
    for (const { attributes } of joined()) {
      expect(attributes).toMatchObject({ 'leyden.outcome': 'miss', 'leyden.detail': 'collapsed' });
    }
  });
});

describe('a hit', () => {
  it('is one span, in the fast lane and behind it', async () => {
    await ask(running.port, '/kept/hit');
    for (const digit of ['6', '7']) {
      const trace = TRACE.replace('4', digit);
      // A condition on a date is what the lane leaves to the slow path.
      const more = digit === '7' ? { 'If-Modified-Since': 'x' } : {};
      const headers = { traceparent: `00-${trace}-${PARENT}-00`, ...more };
      await ask(running.port, '/kept/hit', { headers });
      const spans = await spansOf(trace, 1);
      expect(spans).toMatchObject([{ name: 'GET /kept/*', kind: SERVER, parentSpanId: PARENT }]);
      expect(spans[0]?.attributes).toMatchObject({
        'leyden.outcome': 'hit',
        'leyden.detail': 'l1',
      });
    }
  });
});

describe('the collector', () => {
  it('is told who speaks, with the fields that it wants', async () => {
    await ask(running.port, '/health');
    await collector.received(1);
    expect(new Set(collector.paths)).toEqual(new Set(['/v1/traces']));
    expect(collector.headers[0]).toMatchObject({ 'x-key': 'collector key' });
    expect(collector.resources[0]).toEqual({
      ...{ 'service.name': 'gate-7', 'service.version': '0.0.0-test' },
    });
  });

  it('case 114: never receives a query, a credential, a cookie, a body or a path', async () => {
    const canary = 'canary-Zk3uX8rVn6PqC1tJw5MdGb7LyFhSe0Ka';
    const headers = {
      ...{ Authorization: `Bearer ${canary}`, Cookie: `s=${canary}`, 'X-API-Key': canary },
      ...{ tracestate: `a=${canary}`, baggage: `b=${canary}`, 'User-Agent': canary },
    };
    const before = collector.spans().length;
    for (const path of ['/kept/x', '/pass/x', '/none/x', '/health']) {
      const target = `${path}${canary}?token=${canary}`;
      await ask(running.port, target, { headers });
      await ask(running.port, target, { method: 'POST', headers, body: canary });
    }
    await collector.received(before + 8);
    expect(collector.bodies.join('')).not.toContain('canary');
  });

  it('that is gone costs one line and no answer; one more when it is back', async () => {
    const said = (event: string) => running.lines().filter((line) => line.includes(`"${event}"`));
    collector.answer(400);
    for (let nth = 0; nth < 5; nth += 1) {
      const before = collector.bodies.length;
      expect((await ask(running.port, '/kept/a')).status).toBe(200);
      await until(() => collector.bodies.length > before);
    }
    await until(() => said('traces_lost').length > 0);
    collector.answer(200);
    const { length } = collector.spans();
    await ask(running.port, '/kept/a');
    await collector.received(length + 1);
    await until(() => said('traces_arrive').length > 0);
    expect(said('traces_lost')).toHaveLength(1);
    const metrics = await ask(running.operationsPort, '/metrics', {
      headers: { Accept: 'text/plain' },
    });
    expect(metrics.body).toMatch(/^leyden_trace_spans_lost_total [1-9]/m);
    expect(metrics.body).toMatch(/^leyden_trace_spans_exported_total [1-9]/m);
  });
});
