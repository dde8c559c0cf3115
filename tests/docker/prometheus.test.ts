/** A real Prometheus with the shipped files scrapes a real gateway, and an alert really fires. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, keptAgent } from '../fakes/client.js';
import { endEverything, leydenStart, type RunningLeyden } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { runCommand } from '../servers/commands.js';
import { startPrometheus, type PrometheusServer } from '../servers/prometheus.js';
import { findPromtool } from '../servers/promtool.js';
import { dockerFolder, textOf } from './stack.js';
import { dashboards } from '../../docker/grafana/dashboards.js';
import { expressionsOf, filledIn } from './expressions.js';

const SET_UP_MS = 200_000;
const ALERT_MS = 60_000;
const TOKEN = 'tK4bV9xQ2mLs7RcZ0wYh5NfJ8uGe3PdA';
const ASKED = 120;

let origin: Origin;
let gateway: RunningLeyden;
let prometheus: PrometheusServer;
const alerts = textOf('docker', 'prometheus', 'alerts.yml');

/** The shipped file, with the ports of this machine, looking more often. */
function moved(): string {
  return textOf('docker', 'prometheus', 'prometheus.yml')
    .replace(/(scrape|evaluation)_interval: 15s/g, '$1_interval: 500ms')
    .replace('/run/secrets/operations_token', 'operations_token')
    .replace(
      "['gateway-1-operations:9090', 'gateway-2-operations:9090']",
      `['127.0.0.1:${gateway.operationsPort}']`,
    );
}

beforeAll(async () => {
  origin = await openOrigin();
  gateway = await leydenStart(
    `
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /kept/**, upstream: some, cache: { ttl: 30s } }
`,
    { OPERATIONS_TOKEN: TOKEN },
  );
  const files = { 'alerts.yml': alerts, operations_token: `${TOKEN}\n` };
  prometheus = await startPrometheus({ configuration: moved(), files });
}, SET_UP_MS);

afterAll(async () => {
  await prometheus.stop();
  await endEverything();
  await origin.close();
});

describe('the shipped prometheus.yml', () => {
  it('is valid with its rules, by promtool', async () => {
    // The token is not here; everything else is looked at.
    const words = ['check', 'config', '--syntax-only', 'prometheus.yml'];
    const checked = await runCommand(await findPromtool(), words, {
      deadlineMs: ALERT_MS,
      directory: `${dockerFolder}/prometheus`,
    });
    expect(checked).toMatchObject({ succeeded: true });
  });

  it('makes Prometheus scrape a gateway with the token', async () => {
    await prometheus.awaits('up{job="leyden"}', ([one]) => one?.value === 1);
    const { activeTargets } = (await prometheus.api('/targets?state=active')) as {
      readonly activeTargets: readonly { labels: { job: string }; lastError: string }[];
    };
    const ours = activeTargets.filter(({ labels }) => labels.job === 'leyden');
    expect(ours.map(({ lastError }) => lastError)).toEqual(['']);
    await prometheus.awaits('leyden_uptime_seconds', ([one]) => (one?.value ?? 0) > 0);
  });

  it('loads every rule, and each of them can be evaluated', async () => {
    const { groups } = (await prometheus.api('/rules')) as {
      readonly groups: readonly { rules: readonly { name: string; health: string }[] }[];
    };
    const names = groups.flatMap(({ rules }) => rules.map(({ name }) => name));
    const written = [...alerts.matchAll(/- (?:alert|record): (\S+)/g)].map(([, name]) => name);
    expect(names).toEqual(written);
    expect(written.length).toBeGreaterThanOrEqual(12);
    expect(groups.flatMap(({ rules }) => rules.map(({ health }) => health))).not.toContain('err');
  });
});

describe('an alert', () => {
  it(
    'fires in Prometheus when nine of ten requests find nothing stored',
    async () => {
      await ask(gateway.port, '/kept/first');
      // A series of misses begins with the first; what came before it would not count as more.
      await prometheus.awaits('sum(leyden_misses_total)', ([one]) => (one?.value ?? 0) > 0);
      await prometheus.awaits('ALERTS', (samples) => samples.length === 0);
      const agent = keptAgent(4);
      for (let n = 0; n < ASKED; n += 1) {
        await ask(gateway.port, n % 10 === 0 ? '/kept/first' : `/kept/${n}`, { agent });
      }
      agent.destroy();
      const firing = 'ALERTS{alertname="low_cache_hit_rate", alertstate="firing"}';
      await prometheus.awaits(firing, ([one]) => one?.metric['severity'] === 'warning');
      const { alerts: told } = (await prometheus.api('/alerts')) as {
        readonly alerts: readonly { labels: { alertname: string }; state: string }[];
      };
      expect(told.filter(({ state }) => state === 'firing')).toContainEqual(
        expect.objectContaining({
          labels: expect.objectContaining({ alertname: 'low_cache_hit_rate' }),
        }),
      );
    },
    ALERT_MS,
  );

  it('is among what the dashboards show, and every expression of theirs can be asked', async () => {
    for (const expression of Object.values(dashboards).flatMap(expressionsOf)) {
      expect(await prometheus.query(filledIn(expression))).toEqual(expect.any(Array));
    }
    const rate = await prometheus.query(filledIn('leyden:hit_rate:ratio5m{instance=~"$instance"}'));
    expect(rate[0]?.value).toBeLessThan(0.5);
  });
});
