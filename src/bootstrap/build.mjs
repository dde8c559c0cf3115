/** The build door: is dist/ made from what stands in the sources, and if not, compile them. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './children.mjs';
import { Refusal } from './say.mjs';

const ROOMS = ['config', 'src', 'middleware'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'];
const STAMP = 'dist/.leyden-build.json';
export const COMMAND = 'dist/src/command/leyden.js';
const COMPILE_MAX_MS = 5 * 60_000;

/** The files below a folder, as paths from the root, sorted. */
export function filesBelow(root, folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort();
}

/** One number for all that the compiler reads; content, for a checkout changes every date. */
function sourcesHash(root) {
  const hash = createHash('sha256');
  const sources = ROOMS.flatMap((room) => filesBelow(root, room).filter((p) => p.endsWith('.ts')));
  for (const path of [...sources, ...SETTINGS]) {
    const content = existsSync(join(root, path)) ? readFileSync(join(root, path)) : '';
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function outputsOf(root) {
  const paths = ROOMS.flatMap((room) => filesBelow(root, join('dist', room)));
  return Object.fromEntries(paths.map((path) => [path, statSync(join(root, path)).size]));
}

function stampOf(root) {
  try {
    return JSON.parse(readFileSync(join(root, STAMP), 'utf8'));
  } catch {
    return undefined;
  }
}

export function isBuilt(root) {
  // A published package has no sources to build from.
  if (!existsSync(join(root, 'tsconfig.build.json'))) return true;
  const stamp = stampOf(root);
  return (
    stamp !== undefined &&
    stamp.sources === sourcesHash(root) &&
    JSON.stringify(stamp.outputs) === JSON.stringify(outputsOf(root))
  );
}

/** Compiles, regenerates what is generated from the code, and stamps the result. */
export async function build(root, worksIn) {
  const before = stampOf(root);
  const outputs = JSON.stringify(outputsOf(root));
  // The compiler trusts its notes about what it wrote; when files are not as we left them, or it
  // was cut short, the notes go.
  if (before === undefined || JSON.stringify(before.outputs) !== outputs) {
    rmSync(join(root, 'dist/.tsbuildinfo'), { force: true });
  }
  rmSync(join(root, STAMP), { force: true });
  const sources = sourcesHash(root);
  const compiler = join(root, 'node_modules/typescript/lib/tsc.js');
  await step(root, [compiler, '-p', 'tsconfig.build.json'], 'The build failed.', worksIn);
  prune(root);
  linkCommand(root);
  const generator = join(root, 'dist/config/generated.js');
  if (existsSync(generator)) {
    await step(root, [generator], 'The generated files could not be written.', worksIn);
  }
  writeFileSync(join(root, STAMP), JSON.stringify({ sources, outputs: outputsOf(root) }));
}

async function step(root, args, sentence, worksIn) {
  const options = { cwd: root, quiet: true, deadlineMs: COMPILE_MAX_MS, onStart: worksIn };
  const result = await run(process.execPath, args, options);
  if (result.code !== 0) throw new Refusal(sentence, result.output);
}

/** Removes what was compiled from a file that no longer exists. */
function prune(root) {
  for (const path of ROOMS.flatMap((room) => filesBelow(root, join('dist', room)))) {
    const source = path.replace(/^dist\//, '').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    if (!existsSync(join(root, source))) rmSync(join(root, path), { force: true });
  }
}

/** Makes `npx leyden` in a clone mean this clone, without asking any registry. */
function linkCommand(root) {
  const command = join(root, COMMAND);
  const link = join(root, 'node_modules/.bin/leyden');
  if (!existsSync(command) || !existsSync(join(root, 'node_modules/.bin'))) return;
  chmodSync(command, 0o755);
  const target = join('../..', COMMAND);
  try {
    if (readlinkSync(link) === target) return;
  } catch {
    // There is none yet.
  }
  rmSync(link, { force: true });
  symlinkSync(target, link);
}
