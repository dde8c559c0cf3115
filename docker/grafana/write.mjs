/** Writes the dashboards' files: `node docker/grafana/write.mjs`, with the development packages. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { format } from 'prettier';

const here = dirname(fileURLToPath(import.meta.url));
const { outputFiles } = await build({
  entryPoints: [join(here, 'dashboards.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { dashboards } = await import(`data:text/javascript;base64,${code}`);
const folder = join(here, 'dashboards');
mkdirSync(folder, { recursive: true });
for (const [name, dashboard] of Object.entries(dashboards)) {
  const text = await format(JSON.stringify(dashboard), { parser: 'json', printWidth: 100 });
  writeFileSync(join(folder, name), text);
  console.log(`docker/grafana/dashboards/${name}`);
}
