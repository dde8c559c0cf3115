/** The test doors: run jest in a process group of its own and end with the line that counts. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './build.mjs';
import { clearGroup, run } from './children.mjs';
import { complain, say, seconds } from './say.mjs';

const TEST_MAX_MS = 20 * 60_000;
const LONG_MAX_MS = 6 * 3_600_000;
/** From the last result to the end of the process: servers are stopped here. */
const LEAVE_MAX_MS = 60_000;
/** What a test started may need a moment to leave after jest has. */
const LEFTOVER_WAIT_MS = 5_000;

export function countLine(passed, failed) {
  return `${passed} passed, ${failed} failed`;
}

export async function test(clone) {
  return runJest(clone, [], TEST_MAX_MS);
}

export async function testLong(clone) {
  if (!filesBelow(clone.root, 'tests').some((path) => path.endsWith('.long.ts'))) {
    say('There are no long tests (tests/**/*.long.ts).');
    say(countLine(0, 0));
    return 0;
  }
  return runJest(clone, ['--testMatch', '<rootDir>/tests/**/*.long.ts'], LONG_MAX_MS);
}

async function runJest({ root, args, setUp }, ours, deadlineMs) {
  await setUp();
  const folder = join(root, '.cache/tests');
  mkdirSync(folder, { recursive: true });
  const countFile = join(folder, `count-${process.pid}.json`);
  rmSync(countFile, { force: true });
  // Flags of this process alone: in NODE_OPTIONS every gateway that a test starts would have them.
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  let watch;
  let stuck = false;
  const result = await run(process.execPath, [...flags, jest, ...ours, ...args], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'test', JEST_COUNT_FILE: countFile },
    group: true,
    deadlineMs,
    onStart(pid, kill) {
      watch = watchEnd(countFile, () => {
        stuck = true;
        kill();
      });
    },
  });
  clearInterval(watch);
  const left = await clearGroup(result.pid, LEFTOVER_WAIT_MS);
  const count = readCount(countFile);
  const faults = faultsOf({ result, count, stuck, left, deadlineMs });
  for (const fault of faults) complain(fault);
  const failed = (count?.failed ?? 0) + faults.length;
  say(countLine(count?.passed ?? 0, failed));
  return failed === 0 ? 0 : 1;
}

/** Jest waits for ever when a test leaves something open; we do not. */
function watchEnd(countFile, onStuck) {
  let endedMs;
  return setInterval(() => {
    if (endedMs === undefined && existsSync(countFile)) endedMs = performance.now();
    if (endedMs !== undefined && performance.now() - endedMs > LEAVE_MAX_MS) onStuck();
  }, 1_000);
}

function readCount(countFile) {
  try {
    return JSON.parse(readFileSync(countFile, 'utf8'));
  } catch {
    return undefined;
  } finally {
    rmSync(countFile, { force: true });
  }
}

/** What went wrong beside the tests themselves; each counts as one failure. */
function faultsOf({ result, count, stuck, left, deadlineMs }) {
  const faults = [];
  if (result.late) faults.push(`The tests did not end within ${seconds(deadlineMs)}.`);
  if (stuck) faults.push('The tests ended, but something that they left open kept jest alive.');
  if (left === 1) faults.push('The tests left 1 process running; it was ended.');
  if (left > 1) faults.push(`The tests left ${left} processes running; they were ended.`);
  if (faults.length > 0) return faults;
  if (count === undefined)
    faults.push(`Jest ended before it had a result (exit code ${result.code}).`);
  else if (count.failed === 0 && count.passed === 0) faults.push('No test was run.');
  else if (count.failed === 0 && result.code !== 0) {
    faults.push(`All tests passed, but jest ended with exit code ${result.code}.`);
  }
  return faults;
}
