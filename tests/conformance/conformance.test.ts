/** The public HTTP cache tests (cache-tests.fyi) against the gateway under `cache: http`. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../servers/fetch.js';
import { contradictions } from './contradictions.js';
import { countsOf, isFailure, tableOf, type Finding } from './count.js';

/** The suite itself takes about 20 s of real time, most of it waiting for answers to grow old. */
const RUN_MS_MAX = 240_000;
const PRINTED_BYTES_MAX = 2 ** 24;

async function runSuite(): Promise<Finding[]> {
  const program = join(repositoryRoot, 'tests', 'conformance', 'run.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--json'], {
    ...{ timeout: RUN_MS_MAX, killSignal: 'SIGKILL', maxBuffer: PRINTED_BYTES_MAX },
    // The flags that jest needs are none of the gateway's.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return JSON.parse(stdout) as Finding[];
}

const told = ({ id, verdict, reason }: Finding): string => `${id}: ${verdict}. ${reason}`;

describe('the public cache tests', () => {
  let findings: readonly Finding[] = [];

  beforeAll(async () => {
    findings = await runSuite();
    process.stdout.write(`\n${tableOf(countsOf(findings))}\n`);
  }, RUN_MS_MAX);

  it('are all run: 165 required, 95 optimal and 90 checks', () => {
    const run = countsOf(findings).map((count) => [count.kind, count.run]);
    expect(run).toEqual([
      ['required', 165],
      ['optimal', 95],
      ['check', 90],
    ]);
    expect(findings.filter(({ verdict }) => verdict === 'not run')).toEqual([]);
  });

  it('are passed, required and optimal, wherever they do not contradict a standard', () => {
    const known = new Set(Object.keys(contradictions));
    const failures = findings.filter((finding) => isFailure(finding) && !known.has(finding.id));
    expect(failures.map(told)).toEqual([]);
  });

  it('get an answer to every check, whatever it is', () => {
    const silent = findings.filter(
      ({ kind, verdict }) => kind === 'check' && /harness|retried/.test(verdict),
    );
    expect(silent.map(told)).toEqual([]);
  });

  it('that are excused fail in truth: what passes leaves the list', () => {
    const failing = new Set(findings.filter(isFailure).map(({ id }) => id));
    const excused = Object.keys(contradictions);
    expect(excused.filter((id) => !failing.has(id))).toEqual([]);
  });

  it('are only contradicted with a sentence of a standard', () => {
    const silent = Object.entries(contradictions).filter(
      ([, { section, sentence }]) =>
        !/^RFC \d{4} section [\d.]+$/.test(section) || !/^[A-Z].{20,}\.$/.test(sentence),
    );
    expect(silent).toEqual([]);
  });
});
