/** docs/metrics.md and the rules for Prometheus speak of exactly what there is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { alertRules } from '../../src/advice/alerts.js';
import { families } from '../../src/metrics/expose-prometheus.js';
import { repositoryRoot } from '../servers/fetch.js';

const read = (...path: string[]): string => readFileSync(join(repositoryRoot, ...path), 'utf8');
const doc = read('docs', 'metrics.md');
const rules = read('docker', 'prometheus', 'alerts.yml');

/** The cells of each row whose first is a name that begins so. */
const rowsOf = (text: string, name: RegExp): string[][] =>
  text
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')))
    .filter(([, first = '']) => name.test(first))
    .map((cells) => cells.slice(1, -1));

function unitOf(name: string): string {
  if (/_seconds(?:_|$)/.test(name)) return 'seconds';
  if (/_bytes(?:_|$)/.test(name)) return 'bytes';
  return name.endsWith('_score') ? 'points' : '';
}

describe('docs/metrics.md', () => {
  it('lists every metric with its type, labels, unit and meaning, in their order', () => {
    const rows = rowsOf(doc, /^leyden_/).map((cells) => cells.slice(0, 5));
    const wanted = families.map(({ name, kind, labels, help }) => [
      ...[name, kind, labels.join(', '), unitOf(name), help],
    ]);
    expect(rows).toEqual(wanted);
  });

  it('lists every alert with its severity', () => {
    const names = new Set(alertRules.map(({ name }) => name));
    const rows = rowsOf(doc, /^[a-z_]+$/).filter(([name = '']) => names.has(name));
    expect(rows.map(([name, , severity]) => [name, severity])).toEqual(
      alertRules.map(({ name, severity }) => [name, severity]),
    );
  });
});

describe('the rules for Prometheus', () => {
  it('are those that the gateway evaluates, as severe and after the same time', () => {
    const blocks = rules
      .split(/^ *- (?=alert:|record:)/m)
      .filter((one) => one.startsWith('alert:'));
    const found = blocks.map((block) => ({
      name: /^alert: (\S+)/.exec(block)?.[1],
      severity: /severity: (\w+)/.exec(block)?.[1],
      forMs: /^ *for: 1m$/m.test(block) ? 60_000 : 0,
      sentence: /summary: (.+)/.exec(block)?.[1],
    }));
    expect(found).toEqual(
      alertRules.map(({ name, severity, forMs, sentence }) => ({
        ...{ name, severity, forMs, sentence },
      })),
    );
  });

  it('ask only for metrics that there are', () => {
    const names = new Set(families.map(({ name }) => name));
    const asked = rules.match(/\bleyden_\w+/g) ?? [];
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });
});
