/** Methods apart: whoever asks by GET gets what GET is answered, whatever was asked before. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  origin.answer((req, res) => {
    res.end(`the answer to ${req.method}`);
  });
  running = await openGateway(`
server: { hosts: [a.test] }
upstreams: { some: { url: "${origin.url}", timeout: { connect: 30s } } }
routes:
  - { path: /asked/**, upstream: some, methods: [GET, POST, QUERY], cache: { ttl: 60s } }
`);
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

describe.each(['POST', 'QUERY'])('after a %s without content that is kept', (method) => {
  const path = `/asked/${method}`;
  const asked = async (by: string) => {
    const headers = { Host: 'a.test', ...(by === 'GET' ? {} : { 'Content-Length': '0' }) };
    return (await ask(running.port, path, { method: by, headers })).body;
  };

  it('a GET of the same address gets its own answer, again and again', async () => {
    expect(await asked(method)).toBe(`the answer to ${method}`);
    expect([await asked('GET'), await asked('GET')]).toEqual(Array(2).fill('the answer to GET'));
    expect([await asked(method), await asked('GET')]).toEqual([
      `the answer to ${method}`,
      'the answer to GET',
    ]);
    expect(origin.calls.filter(({ target }) => target === path)).toHaveLength(2);
  });
});
