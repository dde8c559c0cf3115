/** /metrics: in the form that was asked for, and only to those who may see it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  running = await openGateway(
    `
upstreams: { some: { url: "${origin.url}" } }
routes: [{ path: /**, upstream: some, cache: { ttl: 30s } }]
`,
    { environment: { OPERATIONS_TOKEN: TOKEN } },
  );
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

describe('the form', () => {
  const scraper =
    'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
  const newer =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
    'text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
  it.each([
    ['a scraper', scraper, 'application/openmetrics-text'],
    ['a newer scraper', newer, 'application/openmetrics-text'],
    ['plain text', 'text/plain', 'text/plain'],
    ['plain text of a version', 'text/plain; version=0.0.4', 'text/plain'],
    ['any text', 'text/*', 'text/plain'],
    ['a browser', browser, 'application/json'],
    ['curl', '*/*', 'application/json'],
    ['nothing', undefined, 'application/json'],
    ['JSON', 'application/json', 'application/json'],
    ['JSON rather than text', 'text/plain;q=0.5, application/json', 'application/json'],
    ['no text', 'text/plain;q=0, */*', 'application/json'],
    ['nonsense', ';;,=', 'application/json'],
  ])('that %s asks for', async (_who, accept, type) => {
    const headers = accept === undefined ? {} : { Accept: accept };
    for (const port of [running.port, running.operationsPort]) {
      const answer = await ask(port, '/metrics', { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toMatch(new RegExp(`^${type}\\b`));
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['vary']).toMatch(/accept/i);
    }
  });

  it('is always text under /metrics/prometheus, and HEAD has no body', async () => {
    const answer = await ask(running.operationsPort, '/metrics/prometheus');
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await ask(running.operationsPort, '/metrics', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
    });
  });
});

describe('case 111: on the public listener', () => {
  it.each([
    ['Forwarded', 'for=1.2.3.4'],
    ['X-Forwarded-For', '1.2.3.4'],
    ['Via', '1.1 proxy'],
  ])('whoever comes through a proxy (%s) finds nothing there', async (name, value) => {
    const answer = await ask(running.port, '/metrics', { headers: { [name]: value } });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  it('nobody finds anything there when the settings say so, and it is never cached', async () => {
    const shut = await openGateway(`
upstreams: { some: { url: "${origin.url}" } }
metrics: { public: never }
routes: [{ path: /**, upstream: some, cache: { ttl: 30s } }]
`);
    try {
      expect((await ask(shut.port, '/metrics')).status).toBe(404);
      expect((await ask(shut.operationsPort, '/metrics')).status).toBe(200);
    } finally {
      await shut.close();
    }
  });
});
