/** Each planted bug turns the tests that are named for it red; without one they are green. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../config/settings.js';
import { openGarden, planted, type Garden } from './planted-bug.js';
import { bugsInKeys } from './planted-keys.js';
import { bugsInStoring } from './planted-storing.js';
import { bugsInUsing } from './planted-using.js';

const ONE_MAX_MS = 300_000;
const bugs = [...bugsInKeys, ...bugsInStoring, ...bugsInUsing];
let garden: Garden;

beforeAll(() => {
  garden = openGarden(packageRoot());
});
afterAll(() => {
  garden.close();
});

describe('without a bug', () => {
  it(
    'all tests that are named here pass',
    async () => {
      const tests = [...new Set(bugs.flatMap((bug) => bug.tests))];
      const { passed, failed, broken, output } = await garden.run(tests);
      expect({ failed, broken, output: failed + broken > 0 ? output : '' }).toEqual({
        ...{ failed: 0, broken: 0, output: '' },
      });
      expect(passed).toBeGreaterThan(0);
    },
    ONE_MAX_MS,
  );

  it('the texts to change stand in the code, each exactly once', () => {
    for (const { edits } of bugs) {
      const sources = new Map<string, string>();
      for (const edit of edits) {
        const source = sources.get(edit[0]) ?? readFileSync(join(packageRoot(), edit[0]), 'utf8');
        sources.set(edit[0], planted(source, edit));
      }
    }
  });
});

describe('with a bug, a test fails', () => {
  it.each(bugs.map((bug) => [bug.name, bug] as const))(
    '%s',
    async (_name, bug) => {
      const { failed, broken } = await garden.tryOut(bug);
      process.stdout.write(`${failed} failed, ${broken} broken: ${bug.name}\n`);
      expect(broken).toBe(0);
      expect(failed).toBeGreaterThan(0);
    },
    ONE_MAX_MS,
  );
});
