/** Case 104: a gateway to which nobody gave a token. */
import { describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, settingsFrom, TOKEN } from '../fakes/gateway.js';

const YAML = `
upstreams: { some: { url: "http://127.0.0.1:1" } }
routes: [{ path: /**, upstream: some }]
`;
const acting = (token: string) => ({
  method: 'PUT',
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
  body: '{"level":"debug"}',
});

describe('case 104: without a configured token', () => {
  it('acts are disabled when no terminal watches, whatever is sent', async () => {
    const running = await openGateway(YAML);
    try {
      const port = running.operationsPort;
      for (const token of ['', 'undefined', 'x'.repeat(32), TOKEN]) {
        expect((await ask(port, '/admin/log-level', acting(token))).status).toBe(403);
      }
      expect((await ask(port, '/admin/config')).status).toBe(403);
      expect((await ask(port, '/metrics')).status).toBe(200);
      expect(running.gateway.greeting).toMatch(/off: operator acts/);
      expect(running.gateway.log.level()).toBe('info');
    } finally {
      await running.close();
    }
  });

  it('one is made for a terminal, shown there once, and never logged', async () => {
    const running = await openGateway(YAML, { terminal: true });
    try {
      const made = /operator token for this run: (\S+)/.exec(running.gateway.greeting)?.[1] ?? '';
      expect(made.length).toBeGreaterThanOrEqual(32);
      const answer = await ask(running.operationsPort, '/admin/log-level', acting(made));
      expect(answer.status).toBe(200);
      expect((await ask(running.operationsPort, '/admin/log-level', acting(TOKEN))).status).toBe(
        401,
      );
      expect(running.lines().join('\n')).not.toContain(made);
    } finally {
      await running.close();
    }
  });

  it('a configured one is not shown to the terminal', async () => {
    const environment = { OPERATIONS_TOKEN: TOKEN };
    const running = await openGateway(YAML, { terminal: true, environment });
    expect(running.gateway.greeting).not.toContain(TOKEN);
    expect(running.gateway.greeting).not.toMatch(/operator token/);
    await running.close();
  });

  it.each(['short', 'changeme', 'a'.repeat(40), ''])('a weak one is refused: %j', (token) => {
    expect(() => settingsFrom(YAML, { OPERATIONS_TOKEN: token })).toThrow(/OPERATIONS_TOKEN/);
  });
});
