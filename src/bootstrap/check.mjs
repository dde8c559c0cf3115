/** The check door: all that a change must pass, in order, stopping at the first that fails. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, filesBelow } from './build.mjs';
import { run } from './children.mjs';
import { complain, say, seconds } from './say.mjs';
import { test } from './tests.mjs';

const TOOL_MAX_MS = 10 * 60_000;

export async function check(clone) {
  await clone.setUp();
  const { root } = clone;
  const tool = (...args) => runTool(root, args);
  const steps = [
    ['format', () => tool('prettier/bin/prettier.cjs', '--check', '.')],
    ['lint', () => tool('eslint/bin/eslint.js', '--max-warnings', '0', '.')],
    ['types', () => tool('typescript/lib/tsc.js', '-p', 'tsconfig.json')],
    ['types of the page', () => tool('typescript/lib/tsc.js', '-p', 'tsconfig.page.json')],
    ['dead code', () => tool('knip/bin/knip.js')],
    ['lock file', () => lockFile(root)],
    ['generated files', () => generatedFiles(root)],
    ['tests', () => runTests(clone)],
  ];
  const done = [];
  for (const [name, action] of steps) {
    const startMs = performance.now();
    const fault = await action();
    const time = seconds(performance.now() - startMs);
    done.push(`${name} ${fault === undefined ? 'ok' : 'FAILED'} ${time}`);
    if (fault !== undefined) {
      if (fault !== '') complain(fault);
      say(`check failed: ${done.join(' · ')}`);
      return 1;
    }
    say(done.at(-1));
  }
  say(`check passed: ${done.join(' · ')}`);
  return 0;
}

/** Nothing when the tool is content; what it printed when not. */
async function runTool(root, [script, ...args]) {
  const path = join(root, 'node_modules', script);
  const options = { cwd: root, quiet: true, deadlineMs: TOOL_MAX_MS };
  const { code, output } = await run(process.execPath, [path, ...args], options);
  return code === 0 ? undefined : output.trimEnd() || `${script} ended with exit code ${code}.`;
}

async function runTests(clone) {
  return (await test({ ...clone, args: [] })) === 0 ? undefined : '';
}

/**
 * Some releases of native packages lack platform packages in the registry; `npm install` then
 * writes, without a word, a lock file that `npm ci` refuses on other machines.
 */
function lockFile(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined &&
        packages[`${path}/node_modules/${name}`] === undefined,
    ),
  );
  if (missing.length === 0) return undefined;
  return `package-lock.json lacks optional packages: ${missing.join(', ')}.`;
}

/** Builds and looks whether that changed a generated file, which then was not fresh. */
async function generatedFiles(root) {
  if (!existsSync(join(root, 'dist/config/generated.js'))) return undefined;
  const before = generatedHashes(root);
  await build(root);
  const after = generatedHashes(root);
  const stale = Object.keys(after).filter((path) => before[path] !== after[path]);
  if (stale.length === 0) return undefined;
  return `Generated files were not fresh: ${stale.join(', ')}. They are now; look at the change.`;
}

function generatedHashes(root) {
  const paths = [...filesBelow(root, 'config'), ...filesBelow(root, 'docs')];
  const kept = paths.filter((path) => /\.(json|md)$/.test(path));
  return Object.fromEntries(
    kept.map((path) => {
      const hash = createHash('sha256').update(readFileSync(join(root, path)));
      return [path, hash.digest('hex')];
    }),
  );
}
