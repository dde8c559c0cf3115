/** The log's events are words: one can search for them, and no sentence changes under a search. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../servers/fetch.js';

const SPOKEN = /log\.(?:error|warn|info|debug)\(\s*(['"`])(.*?)\1/g;

/** Every event that is said in the sources, with its file. */
function events(): readonly (readonly [string, string])[] {
  return ['src', 'middleware', 'config'].flatMap((folder) =>
    readdirSync(join(repositoryRoot, folder), { recursive: true })
      .map(String)
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => {
        const text = readFileSync(join(repositoryRoot, folder, path), 'utf8');
        return [...text.matchAll(SPOKEN)].map(([, , event = '']) => [path, event] as const);
      }),
  );
}

it('each event of the log is a word, and none is a sentence', () => {
  expect(events().length).toBeGreaterThan(60);
  expect(events().filter(([, event]) => !/^[a-z]+(?:[_.][a-z]+)*$/.test(event))).toEqual([]);
});
