/** The doors of a clone: start, energy, test, check and more, each setting up what it lacks. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bench } from './bench.mjs';
import { build, COMMAND, isBuilt } from './build.mjs';
import { check } from './check.mjs';
import { catchSignals, releaseSignals } from './children.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import { complain, Refusal, say, sentenceOf, timed } from './say.mjs';
import { countLine, test, testLong } from './tests.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const doors = { start, test, 'test-long': testLong, check, bench, build: buildOnly, energy };

/** Opens one door; its exit code becomes ours. */
export async function open(name, args) {
  const isTest = name === 'test' || name === 'test-long';
  try {
    const door = Object.hasOwn(doors, name ?? '') ? doors[name] : undefined;
    if (door === undefined) {
      throw new Refusal(`There is no such door; there are: ${Object.keys(doors).join(', ')}.`);
    }
    process.chdir(ROOT);
    catchSignals((signal) => {
      complain(`Stopped by ${signal}.`);
      if (isTest) say(countLine(0, 1));
    });
    leaveWith(await door({ root: ROOT, args, setUp }));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(sentenceOf(error));
    if (refusal.details !== '') complain(refusal.details);
    complain(refusal.message);
    if (isTest) say(countLine(0, 1));
    leaveWith(1);
  }
}

/** Ends the process when nothing is left to do, and soon after in any case. */
function leaveWith(code) {
  process.exitCode = code;
  setTimeout(() => process.exit(code), 1_000).unref();
}

/** Installs and builds what is missing; a few milliseconds when nothing is. */
async function setUp() {
  const lock = join(ROOT, '.cache/setup.lock');
  if (isInstalled(ROOT) && isBuilt(ROOT)) return;
  await withLock(lock, async (worksIn) => {
    // Whoever held the lock before us may have done it all.
    if (!isInstalled(ROOT)) {
      const before = 'Installing packages (first start only) ...';
      await timed(before, 'Packages installed', () => install(ROOT, worksIn));
    }
    if (!isBuilt(ROOT)) await timed('Building ...', 'Built', () => build(ROOT, worksIn));
  });
}

async function buildOnly() {
  await setUp();
  say('dist/ is up to date.');
  return 0;
}

/** Runs what was built in this same process, so that a signal sent to npm's child is its own. */
async function runBuilt(path, args) {
  await setUp();
  const file = join(ROOT, path);
  if (!existsSync(file)) throw new Refusal(`${path} is missing; run npm run build.`);
  const built = await import(pathToFileURL(file).href);
  releaseSignals();
  return built.run(args);
}

function start({ args }) {
  return runBuilt(COMMAND, ['start', ...args]);
}

/** The energy service alone, for gateways elsewhere. */
function energy({ args }) {
  return runBuilt('dist/src/energy-main.js', args);
}
