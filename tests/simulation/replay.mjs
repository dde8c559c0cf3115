/** Replays simulations against the sources as they stand; without a seed it says how to ask. */
import { build } from 'esbuild';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '..', '..', '.cache', 'simulation');
const outfile = join(folder, `code-${process.pid}.mjs`);
try {
  mkdirSync(folder, { recursive: true });
  await build({
    ...{ entryPoints: [join(here, 'main.ts')], outfile, bundle: true, packages: 'external' },
    ...{ format: 'esm', platform: 'node', target: 'node20', sourcemap: 'inline' },
    logLevel: 'error',
  });
  const { main } = await import(pathToFileURL(outfile).href);
  process.exitCode = await main(process.argv.slice(2));
} finally {
  rmSync(outfile, { force: true });
}
