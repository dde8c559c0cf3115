/** Which requests are traced: who may decide it, and what is loaded while nothing is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';
import { ask } from '../fakes/client.js';
import { openCollector, type Collector } from '../fakes/collector.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

const trace = (digit: string): string => digit.repeat(32);
const PARENT = '00f067aa0ba902b7';

const open: (Origin | Collector | RunningGateway)[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function house(ratio: string, trusted: string, environment = {}) {
  const [origin, collector] = await Promise.all([openOrigin(), openCollector()]);
  open.push(origin, collector);
  const yaml = `
server: { trustedProxies: [${trusted}] }
tracing: { endpoint: "${collector.url}/v1/traces", ratio: ${ratio}, flush: 10ms }
upstreams: { some: { url: "${origin.url}" } }
routes: [{ path: /kept/*, upstream: some, cache: { ttl: 30s } }]
`;
  const running = await openGateway(yaml, { environment });
  open.push(running);
  const send = async (path: string, digit: string, flags: string): Promise<void> => {
    const headers = { traceparent: `00-${trace(digit)}-${PARENT}-${flags}` };
    await ask(running.port, path, { headers });
  };
  const heard = (target: string): string | undefined => {
    const { rawHeaders = [] } = origin.calls.find((call) => call.target === target) ?? {};
    return rawHeaders.find((_, at, all) => all[at - 1]?.toLowerCase() === 'traceparent');
  };
  return { running, collector, send, heard };
}

describe('a request is traced', () => {
  it('when a trusted proxy says so, and not when it says no', async () => {
    const { collector, send, heard, running } = await house('100%', '127.0.0.1');
    await send('/kept/a', 'a', '00');
    await send('/kept/a', 'a', '00');
    await send('/kept/b', 'b', '01');
    await send('/kept/b', 'c', '01');
    await running.close();
    const traces = collector.spans().map(({ traceId }) => traceId);
    expect(traces.sort()).toEqual([...Array.from('bbb', trace), trace('c')]);
    expect(heard('/kept/a')).toMatch(/^00-a{32}-[0-9a-f]{16}-00$/);
    expect(heard('/kept/b')).toMatch(/^00-b{32}-[0-9a-f]{16}-01$/);
  });

  it('by chance when a stranger asks, and the upstream hears of his trace', async () => {
    const { collector, send, heard, running } = await house('0%', '');
    await send('/kept/a', 'a', '01');
    await send('/kept/a', 'a', '01');
    await running.close();
    expect(collector.bodies).toEqual([]);
    expect(heard('/kept/a')).toMatch(/^00-a{32}-[0-9a-f]{16}-00$/);
  });

  it.each([
    ['a version that does not exist', `ff-${trace('a')}-${PARENT}-01`],
    ['more than its version has', `00-${trace('a')}-${PARENT}-01-more`],
    ['no trace', `00-${trace('0')}-${PARENT}-01`],
    ['no span', `00-${trace('a')}-${'0'.repeat(16)}-01`],
    ['capital letters', `00-${trace('A')}-${PARENT}-01`],
    ['no order', 'nonsense'],
  ])('in a trace of our own when his word has %s', async (_what, traceparent) => {
    const { collector, running } = await house('100%', '127.0.0.1');
    await ask(running.port, '/health', { headers: { traceparent } });
    await running.close();
    const [span] = collector.spans();
    expect(span?.traceId).toMatch(/^(?!a{32})[0-9a-f]{32}$/);
    expect(span?.parentSpanId).toBeUndefined();
  });
});

describe('the variables of OpenTelemetry', () => {
  it('say where traces go, in whose name, and with what key', async () => {
    const elsewhere = await openCollector();
    open.push(elsewhere);
    const { running, collector } = await house('100%', '', {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${elsewhere.url}/mine`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20a2V5,x-org=7',
      OTEL_SERVICE_NAME: 'named',
      OPERATIONS_TOKEN: TOKEN,
    });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const config = await ask(running.operationsPort, '/admin/config', { headers });
    await ask(running.port, '/health');
    await running.close();
    expect(config.body).toMatch(/"tracing":.*"headers":"\*\*\*"/);
    expect(collector.bodies).toEqual([]);
    expect(elsewhere.paths).toEqual(['/mine']);
    expect(elsewhere.headers[0]).toMatchObject({ authorization: 'Basic a2V5', 'x-org': '7' });
    expect(elsewhere.resources[0]).toMatchObject({ 'service.name': 'named' });
    expect(config.body + running.lines().join('')).not.toMatch(/a2V5|x-org/);
  });
});

describe('without a collector', () => {
  const text = (file: string): string => readFileSync(join(packageRoot(), 'src', file), 'utf8');

  it('nothing of OpenTelemetry is loaded', () => {
    expect(text('trace-export.ts')).toMatch(/from '@opentelemetry\//);
    for (const file of ['tracing.ts', 'trace-queue.ts', 'trace-rooms.ts', 'trace-spans.ts']) {
      expect(text(file)).not.toMatch(/@opentelemetry/);
      expect(text(file)).not.toMatch(/^import (?!type).*trace-export/m);
    }
  });
});
