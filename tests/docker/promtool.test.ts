/** Prometheus' own judge: the rules are valid and do what they say, the exposition is clean. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { alertRules } from '../../src/advice/alerts.js';
import { ask } from '../fakes/client.js';
import { openGateway } from '../fakes/gateway.js';
import { openOrigin } from '../fakes/origin.js';
import { runCommand } from '../servers/commands.js';
import { repositoryRoot } from '../servers/fetch.js';
import { findPromtool } from '../servers/promtool.js';

const DEADLINE_MS = 50_000;
const folder = join(repositoryRoot, 'docker', 'prometheus');
let promtool = '';
beforeAll(async () => {
  promtool = await findPromtool();
});

const run = (...words: string[]) =>
  runCommand(promtool, words, { deadlineMs: DEADLINE_MS, directory: folder });

describe('the rules for Prometheus', () => {
  it('are valid', async () => {
    expect(await run('check', 'rules', 'alerts.yml')).toMatchObject({ succeeded: true });
  });

  it('fire, are silent and end as each case says', async () => {
    const { succeeded, output } = await run('test', 'rules', 'alerts.test.yml');
    expect([output, succeeded]).toEqual([expect.stringContaining('SUCCESS'), true]);
  });
});

interface Cases {
  readonly tests: readonly {
    readonly promql_expr_test: readonly {
      readonly exp_samples: readonly { readonly labels: string }[];
    }[];
  }[];
}

describe('the cases of the rules', () => {
  const cases = parse(readFileSync(join(folder, 'alerts.test.yml'), 'utf8')) as Cases;

  it.each(alertRules.map(({ name }) => name))('show that %s fires, and that it ends', (name) => {
    const lives = cases.tests.map(({ promql_expr_test: looks }) =>
      looks
        .map(({ exp_samples: samples }) =>
          samples.some(({ labels }) => labels.includes(`"${name}"`) && labels.includes('firing')),
        )
        .map((fires) => (fires ? 'fires' : 'silent'))
        .join(' '),
    );
    expect(lives.filter((life) => life.includes('fires silent'))).not.toEqual([]);
  });
});

describe('the exposition', () => {
  it('is clean by the standards of Prometheus, after traffic of every kind', async () => {
    const origin = await openOrigin();
    const running = await openGateway(`
upstreams: { some: { url: "${origin.url}" }, energy: { url: local } }
routes:
  - { path: /kept/**, upstream: some, cache: { ttl: 30s } }
  - { path: /passed/**, upstream: some }
`);
    const work = await mkdtemp(join(tmpdir(), 'leyden-promtool-'));
    try {
      for (const path of ['/kept/1', '/kept/1', '/passed/1', '/none', '/kept/2?a']) {
        await ask(running.port, path);
      }
      const { body } = await ask(running.operationsPort, '/metrics/prometheus');
      expect(body).toContain('leyden_hit_seconds_bucket');
      await writeFile(join(work, 'metrics'), body);
      const script = 'exec "$0" check metrics < "$1"';
      const checked = await runCommand('/bin/sh', ['-c', script, promtool, join(work, 'metrics')], {
        deadlineMs: DEADLINE_MS,
      });
      expect(checked).toEqual({ succeeded: true, output: '' });
    } finally {
      await rm(work, { recursive: true, force: true });
      await running.close();
      await origin.close();
    }
  });
});
