/** The rules of the house, kept by a machine: doors, captions, lengths, clock and environment. */
import { describe, expect, it } from '@jest/globals';
import { doorsKept } from './tidy/doors.js';
import { repositoryFiles, type Complaint, type Rule } from './tidy/files.js';
import { environmentInConfig, nothingLeftForLater, timeFromTheClock } from './tidy/habits.js';
import { timekeepers } from './tidy/habits.js';
import { noHazards, noMachinePaths } from './tidy/hazards.js';
import { caption, fileLength, functionLength, lineLength } from './tidy/layout.js';
import { everyDependencyHasItsRow, everyRoomIsDrawn } from './tidy/papers.js';

const files = repositoryFiles();
const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? '';

/** One line for each, as an editor can follow it. */
const told = (complaints: readonly Complaint[]): string[] =>
  complaints.map(({ path, line, rule, what }) => `${path}:${line} ${rule}: ${what}`);

const rules: Readonly<Record<string, Rule>> = {
  'every room imports only what its doors allow': doorsKept,
  'every file says in its first line what it is': caption,
  'no file is longer than 250 lines': fileLength,
  'no function is longer than 60 lines': functionLength,
  'no line is longer than 100 columns': lineLength,
  'only the clock reads the time': timeFromTheClock,
  'only config reads the environment': environmentInConfig,
  'nothing is left for later, silenced or skipped': nothingLeftForLater,
  'no call is used that has hurt gateways before': noHazards,
  'no file names a folder of somebody’s machine': noMachinePaths,
};

describe('the house', () => {
  it('is looked at: the rules have found its files', () => {
    expect(files.map((file) => file.path)).toEqual(
      expect.arrayContaining(['src/clock.ts', 'src/bootstrap.mjs', 'package.json', '.ci/run']),
    );
  });

  it.each(Object.entries(rules))('%s', (_name, rule) => {
    expect(told(files.flatMap((file) => rule(file)))).toEqual([]);
  });

  it('says in docs/dependencies.md why each package is there', () => {
    const paper = textOf('docs/dependencies.md');
    expect(told(everyDependencyHasItsRow(textOf('package.json'), paper))).toEqual([]);
  });

  it('draws every room in the README', () => {
    expect(told(everyRoomIsDrawn(files))).toEqual([]);
  });

  it('keeps no exception for a file that is gone', () => {
    const paths = new Set(files.map((file) => file.path));
    expect(Object.keys(timekeepers).filter((path) => !paths.has(path))).toEqual([]);
  });
});
