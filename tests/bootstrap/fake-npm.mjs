/** A stand-in for npm in a scratch clone: it installs links, slowly or badly when told to. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = process.cwd();
const how = process.env.FAKE_NPM ?? 'good';
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const paths = Object.keys(packages).filter((path) => path !== '');

function link(path) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(join(process.env.FAKE_NPM_SOURCE, path), join(root, path));
}

appendFileSync(join(root, 'npm-calls'), `${process.argv.slice(2).join(' ')}\n`);
if (how === 'unreachable') {
  process.stderr.write('npm error code ENOTFOUND\nnpm error at somewhere (file.js:1:1)\n');
  process.exit(1);
}
rmSync(join(root, 'node_modules'), { recursive: true, force: true });
link(paths[0]);
writeFileSync(join(root, 'npm-pid'), String(process.pid));
if (how === 'half') process.kill(process.pid, 'SIGKILL');
if (how === 'slow' && !existsSync(join(root, 'npm-go'))) {
  await new Promise((resolve) => {
    const watcher = watch(root, () => {
      if (!existsSync(join(root, 'npm-go'))) return;
      watcher.close();
      resolve();
    });
  });
}
for (const path of paths.slice(1)) link(path);
const installed = Object.fromEntries(paths.map((path) => [path, packages[path]]));
writeFileSync(
  join(root, 'node_modules/.package-lock.json'),
  JSON.stringify({ packages: installed }),
);
