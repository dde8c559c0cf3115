/** The gateway with the rights at Redis that docs/redis.md prints, and no more: all of it works. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';
import { documentedUser } from '../servers/redis-users.js';

const RUN_MS_MAX = 1_200_000;
const OUTPUT_CHARACTERS_MAX = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'leyden-rights-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** Each server that these tests start knows the documented user, and nobody without a name. */
async function runAs(rights: string, tests: readonly string[]) {
  const file = join(folder, `${rights}.json`);
  const jest = join(packageRoot(), 'node_modules', 'jest', 'bin', 'jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest];
  const asked = ['--ci', '--json', '--outputFile', file, '--reporters', 'default', '--runInBand'];
  const child = spawn(process.execPath, [...flags, ...asked, ...tests], {
    cwd: packageRoot(),
    env: { ...process.env, NODE_OPTIONS: '', LEYDEN_TEST_REDIS_ACL: rights },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...{ timeout: RUN_MS_MAX, killSignal: 'SIGKILL' },
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output = (output + chunk).slice(-OUTPUT_CHARACTERS_MAX);
  });
  await new Promise((resolve, reject) => {
    child.once('close', resolve).once('error', reject);
  });
  const { numPassedTests, ...report } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  process.stdout.write(`${numPassedTests} passed, ${failed} failed with ${rights} rights\n`);
  return { passed: numPassedTests, failed, output: failed === 0 ? '' : output };
}

/** Whole gateways, with the user exactly as it is printed. */
const GATEWAYS = [
  'tests/redis/gateway.test.ts',
  'tests/scenarios/fleet-',
  'tests/scenarios/second-tier',
  'tests/scenarios/tracking-',
  'tests/scenarios/owner-oracle.test.ts',
  'tests/cache/redis-store',
];
/** Parts, which have keys and channels of their own; the commands are those that are printed. */
const PARTS = ['bus', 'desync', 'down', 'journal', 'lease', 'slow'].map(
  (name) => `tests/redis/${name}.test.ts`,
);

describe('case 124: the user that docs/redis.md prints', () => {
  it('may do little', () => {
    const { rights } = documentedUser();
    expect(rights).toMatch(/^resetkeys ~leyden:\* resetchannels &leyden:\* .*-@all /);
    expect(rights).not.toMatch(/\+@|\+(keys|flush\w+|config|acl|scan|shutdown|debug)\b/);
  });

  it(
    'is enough for gateways, alone and in a fleet, in every fault',
    async () => {
      const told = await runAs('exact', GATEWAYS);
      expect(told).toMatchObject({ failed: 0, output: '' });
      expect(told.passed).toBeGreaterThan(40);
    },
    RUN_MS_MAX,
  );

  it(
    'has every command that the parts need',
    async () => {
      const told = await runAs('any-key', PARTS);
      expect(told).toMatchObject({ failed: 0, output: '' });
      expect(told.passed).toBeGreaterThan(30);
    },
    RUN_MS_MAX,
  );
});
