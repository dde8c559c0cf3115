/** What the tests of the settings share: a scratch file, and what loading it says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import {
  loadSettings,
  packageRoot,
  type Environment,
  type Settings,
} from '../../config/settings.js';
import { OperatorError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'leyden-settings-'));
export const scratchFile = join(folder, 'gateway.yaml');

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a file beside the settings file and returns its path. */
export function besideIt(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

export function load(text: string, environment: Environment = {}): Settings {
  writeFileSync(scratchFile, text);
  return loadSettings({ file: scratchFile, environment, packageRoot: packageRoot() });
}

/** The sentences with which the settings are refused; the path of the file reads FILE. */
export function refusals(text: string, environment: Environment = {}): readonly string[] {
  try {
    load(text, environment);
  } catch (thrown) {
    if (!(thrown instanceof OperatorError)) throw thrown;
    return thrown.message.replaceAll(scratchFile, 'FILE').split('\n');
  }
  return [];
}

/** One upstream, and one route with these words. */
export function oneRoute(words: string): string {
  const route = `  - { path: /a, upstream: some, ${words} }\n`;
  return `upstreams: { some: { url: local } }\nroutes:\n${route}`;
}

export const LONG_TOKEN = 'qD7v1LmZx0RkT9sWb4YcHf2NpEaUg8Jo';
export const OTHER_TOKEN = 'Zk3uX8rVn6PqC1tJw5MdGb7LyFhSe0Ka';
