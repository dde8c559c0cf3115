/** Scratch clones for the tests of the doors: a tiny one with a false npm, or a copy of ours. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../tidy/files.js';

/** A command that serves nothing: it says that it runs and waits for its signal. */
const command = `/** A stand-in for the command. */
declare const process: {
  stdout: { write(text: string): void };
  once(event: string, action: () => void): void;
};
declare function setInterval(action: () => void, periodMs: number): number;
declare function clearInterval(timer: number): void;

export function run(argv: readonly string[]): Promise<number> {
  process.stdout.write(\`running \${argv.join(' ')}\\n\`);
  const leave = Number(argv[1] ?? 'NaN');
  if (leave >= 0) return Promise.resolve(leave);
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 1000);
    process.once('SIGTERM', () => {
      clearInterval(alive);
      resolve(0);
    });
  });
}
`;

const settings = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'jest.config.ts'];

function emptyClone(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'leyden-clone-')));
  for (const name of settings) cpSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, 'src'));
  cpSync(join(root, 'src/bootstrap.mjs'), join(folder, 'src/bootstrap.mjs'));
  cpSync(join(root, 'src/bootstrap'), join(folder, 'src/bootstrap'), { recursive: true });
  return folder;
}

/** Node's types would cost the compiler a second at each build, and there are many. */
function forgetTypes(folder: string): void {
  const file = join(folder, 'tsconfig.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('["node"]', '[]'));
}

/** What the compiler needs, and something besides. */
const needed = ['node_modules/typescript', 'node_modules/yaml'];

/** A clone of one file, not installed yet; npm is the stand-in. */
export function tinyClone(): string {
  const folder = emptyClone();
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  const packages = Object.fromEntries(needed.map((path) => [path, lock.packages[path]]));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
  forgetTypes(folder);
  mkdirSync(join(folder, 'src/command'));
  writeFileSync(join(folder, 'src/command/leyden.ts'), command);
  mkdirSync(join(folder, 'npm'));
  cpSync(join(root, 'tests/bootstrap/fake-npm.mjs'), join(folder, 'npm/npm-cli.js'));
  return folder;
}

/** How the stand-in is found, and how it shall behave. */
export function npmThatIs(folder: string, how: string): Record<string, string> {
  return {
    npm_execpath: join(folder, 'npm/npm-cli.js'),
    FAKE_NPM: how,
    FAKE_NPM_SOURCE: root,
  };
}

/** A clone with our packages and no tests yet, for the test doors. */
export function testingClone(): string {
  const folder = emptyClone();
  cpSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  forgetTypes(folder);
  mkdirSync(join(folder, 'src/command'));
  writeFileSync(join(folder, 'src/command/leyden.ts'), command);
  return folder;
}

/** Replaces all tests of such a clone. */
export function plantTests(folder: string, tests: Readonly<Record<string, string>>): void {
  rmSync(join(folder, 'tests'), { recursive: true, force: true });
  mkdirSync(join(folder, 'tests'));
  const none = '/** Nothing. */\nexport default function setup(): void {}\n';
  const all = { 'setup.ts': none, 'clean-environment.ts': none, ...tests };
  for (const [name, text] of Object.entries(all)) {
    writeFileSync(join(folder, 'tests', name), text);
  }
}

/** A copy of this very product, with what is built of it. */
export function copyOfOurs(): string {
  const folder = emptyClone();
  for (const name of [
    'package-lock.json',
    '.npmrc',
    'src',
    'config',
    'middleware',
    'dist',
    'docs',
  ]) {
    const from = join(root, name);
    if (existsSync(from)) cpSync(from, join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

export function removeClone(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Waits until a file is there; the test's own limit is the deadline. */
export function appears(folder: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, look);
    look();
    function look(): void {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    }
  });
}
