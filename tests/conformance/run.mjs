/** The public HTTP cache tests against the sources as they stand: `--help` says how to ask. */
import { build } from 'esbuild';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { filesBelow } from '../../src/bootstrap/build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const cache = join(root, '.cache', 'conformance');
const ROOMS = ['src', 'config', 'middleware', 'tests/conformance', 'tests/servers'];
const CODE = /^code-(\d+)$/;

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A run that was killed leaves its code behind. */
function sweep() {
  for (const entry of readdirSync(cache)) {
    const pid = CODE.exec(entry)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(cache, entry), { recursive: true, force: true });
  }
}

/** What stands in the sources now, and not what dist/ was once built from. */
async function compile(folder) {
  const entryPoints = ROOMS.flatMap((room) => filesBelow(root, room))
    .filter((path) => /\.ts$/.test(path) && !/\.(d|test)\.ts$/.test(path))
    .map((path) => join(root, path));
  await build({
    ...{ entryPoints, outbase: root, outdir: folder, format: 'esm', platform: 'node' },
    ...{ target: 'node20', sourcemap: 'inline', logLevel: 'error' },
  });
}

mkdirSync(cache, { recursive: true });
sweep();
const folder = join(cache, `code-${process.pid}`);
try {
  rmSync(folder, { recursive: true, force: true });
  await compile(folder);
  const { main } = await import(pathToFileURL(join(folder, 'tests/conformance/main.js')).href);
  process.exitCode = await main({ cache, args: process.argv.slice(2) });
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
