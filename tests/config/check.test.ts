/** `leyden check`: one sentence for a good file, one for each mistake in a bad one. */
import { describe, expect, it } from '@jest/globals';
import { check } from '../../src/command/check.js';
import { besideIt } from './kit.js';

function run(file: string | undefined, environment: Record<string, string> = {}) {
  const lines: string[] = [];
  const code = check(file, environment, (line) => lines.push(line));
  return { code, lines };
}

describe('leyden check', () => {
  it('says that the shipped file is good', () => {
    const { code, lines } = run(undefined);
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/config\/gateway\.yaml is good: 4 routes, 1 upstream$/);
  });

  it('says what has no effect yet', () => {
    const { code, lines } = run(besideIt('a.yaml', 'neo4j: { url: "bolt://h" }'));
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/a\.yaml is good: 0 routes, 0 upstreams$/),
      'Without effect in this version: neo4j.url.',
    ]);
  });

  it('case P17: names each mistake with its line, without a stack, and exits with 78', () => {
    const file = besideIt('b.yaml', 'server: { prot: 1 }\nlease: soon\n');
    expect(run(file, { PORT: 'x' })).toEqual({
      code: 78,
      lines: [
        'PORT: server.port must be a whole number from 0 to 65535.',
        `${file}:1:11: server.prot is not a setting; did you mean port?`,
        `${file}:2:8: lease must be a duration from 1s to 10m, such as 250ms, 30s or 10m.`,
      ],
    });
    expect(run('/nowhere.yaml')).toEqual({
      code: 78,
      lines: ['/nowhere.yaml: the settings file cannot be read.'],
    });
  });

  it('reads the file that LEYDEN_CONFIG names', () => {
    const file = besideIt('c.yaml', 'server: { port: 1 }');
    expect(run(undefined, { LEYDEN_CONFIG: file }).lines).toEqual([
      `${file} is good: 0 routes, 0 upstreams`,
    ]);
  });
});
