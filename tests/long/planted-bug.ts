/** A copy of the repository into which one bug is planted, and the tests that must turn red. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file, a text that stands in it exactly once, and what stands there instead. */
export type Edit = readonly [path: string, text: string, instead: string];

export interface PlantedBug {
  /** Begins with its number where it is a numbered one. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** One failing test among them is enough. */
  readonly tests: readonly string[];
}

export interface Garden {
  /** Plants the bug, runs its tests, and takes it out again; says what jest counted. */
  tryOut(bug: PlantedBug): Promise<Counted>;
  run(tests: readonly string[]): Promise<Counted>;
  close(): void;
}

export interface Counted {
  readonly passed: number;
  readonly failed: number;
  /** Files that did not even begin: such a bug is caught by nobody's thinking. */
  readonly broken: number;
  readonly output: string;
}

const COPIED = [
  'config',
  'middleware',
  'src',
  'tests',
  'jest.config.ts',
  'package.json',
  'tsconfig.json',
];
const OUTPUT_CHARACTERS_MAX = 20_000;
/** A bug may well make its tests wait for what never comes. */
const TEST_MS_MAX = 15_000;
const RUN_MS_MAX = 240_000;

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** Fails loudly where the code has moved on and the bug has not. */
export function planted(source: string, [path, text, instead]: Edit): string {
  const times = source.split(text).length - 1;
  if (times !== 1) throw new Error(`${path} holds this ${times} times instead of once: ${text}`);
  return source.replace(text, () => instead);
}

async function jest(folder: string, tests: readonly string[]): Promise<Counted> {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  // What the whole suite sets up first, these tests do not need.
  const noSetup = ['--globalSetup', join(folder, 'no-setup.mjs')];
  const program = join(folder, 'node_modules', 'jest', 'bin', 'jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', program];
  const asked = [
    '--ci',
    '--json',
    '--outputFile',
    report,
    '--reporters',
    'default',
    ...noSetup,
    '--testTimeout',
    `${TEST_MS_MAX}`,
  ];
  const child = spawn(process.execPath, [...flags, ...asked, ...tests], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
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
  const told = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
  return {
    passed: told.numPassedTests,
    failed: told.numFailedTests,
    broken: told.numRuntimeErrorTestSuites,
    output,
  };
}

export function openGarden(root: string): Garden {
  const folder = mkdtempSync(join(tmpdir(), 'leyden-planted-'));
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'no-setup.mjs'), 'export default () => undefined;\n');
  return {
    run: (tests) => jest(folder, tests),
    async tryOut(bug) {
      const healthy = new Map<string, string>();
      try {
        for (const edit of bug.edits) {
          const path = join(folder, edit[0]);
          const source = readFileSync(path, 'utf8');
          if (!healthy.has(path)) healthy.set(path, source);
          writeFileSync(path, planted(source, edit));
        }
        return await jest(folder, bug.tests);
      } finally {
        for (const [path, source] of healthy) writeFileSync(path, source);
      }
    },
    close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
