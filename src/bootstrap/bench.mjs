/** The bench door: measures what dist/ holds, so that what is measured is what is shipped. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow } from './build.mjs';
import { releaseSignals, run } from './children.mjs';
import { Refusal } from './say.mjs';

const COMPILE_MAX_MS = 60_000;

/** Compiles bench/ beside the rooms in dist/, where its imports find them, and runs it there. */
export async function bench({ root, args, setUp }) {
  await setUp();
  if (!existsSync(join(root, 'bench/main.ts'))) throw new Refusal('bench/main.ts is missing.');
  rmSync(join(root, 'dist/bench'), { recursive: true, force: true });
  const sources = filesBelow(root, 'bench').filter((path) => path.endsWith('.ts'));
  const compiler = join(root, 'node_modules/esbuild/bin/esbuild');
  const how = ['--format=esm', '--platform=node', '--target=node20', '--sourcemap=inline'];
  const where = ['--outbase=bench', '--outdir=dist/bench', '--log-level=error'];
  const result = await run(compiler, [...sources, ...how, ...where], {
    cwd: root,
    quiet: true,
    deadlineMs: COMPILE_MAX_MS,
  });
  if (result.code !== 0) throw new Refusal('The benchmarks could not be compiled.', result.output);
  const main = await import(pathToFileURL(join(root, 'dist/bench/main.js')).href);
  releaseSignals();
  return main.run(args);
}
