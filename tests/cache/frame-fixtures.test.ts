/** Frames that releases have stored: each of them is read for as long as its version is. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { nothingLearnt, type Entry } from '../../src/cache/entry.js';
import { FRAME_VERSION, readFrame, writeFrame } from '../../src/cache/frame.js';
import { repositoryRoot } from '../servers/fetch.js';
import { codedRuleEntry, httpEntry, identityOf, ruleEntry, toolsOf } from './frame-kit.js';

/*
 * A version without files gets them by running this test once: it writes them, and fails, so that
 * nobody takes bytes that were never committed for bytes that a release stored. Files that are
 * there are never written again.
 */
const folder = join(repositoryRoot, 'tests', 'fixtures', 'frames');
const fileOf = (name: string): string => join(folder, name);
const tools = toolsOf();
const MARKS = [1, 42];

const samples: Readonly<Record<string, Entry>> = {
  rule: ruleEntry(tools.clock.nowMs()),
  'rule-error': ruleEntry(tools.clock.nowMs(), { negative: true, status: 503, madeOld: true }),
  'rule-coded': codedRuleEntry(tools.clock.nowMs()),
  http: httpEntry(tools.clock.nowMs()),
};

/** What a frame says, as JSON; what is only learnt while it lies there is no part of that. */
function saidBy(entry: Entry): unknown {
  const learnt = new Set([...Object.keys(nothingLearnt(1)), 'chargedBytes']);
  for (const name of ['madeOld', 'hits', 'failures', 'usual', 'earlyDeltaMs', 'coded'])
    learnt.delete(name);
  const said = Object.fromEntries(Object.entries(entry).filter(([name]) => !learnt.has(name)));
  return JSON.parse(JSON.stringify({ ...said, body: entry.body.toString('base64') }));
}

const missing = Object.entries(samples).filter(
  ([name]) => !existsSync(fileOf(`v${FRAME_VERSION}-${name}.bin`)),
);
for (const [name, entry] of missing) {
  const said = JSON.stringify({ ...(saidBy(entry) as object), marks: MARKS }, null, 2);
  writeFileSync(fileOf(`v${FRAME_VERSION}-${name}.bin`), writeFrame(entry, tools, MARKS));
  writeFileSync(fileOf(`v${FRAME_VERSION}-${name}.json`), `${said}\n`);
}

describe('the frames that releases have stored', () => {
  it('are there for this version', () => {
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it.each(readdirSync(folder).filter((name) => name.endsWith('.bin')))('%s is read', (name) => {
    const said = readFileSync(fileOf(name.replace(/\.bin$/, '.json')), 'utf8');
    const expected = JSON.parse(said) as Entry & { readonly marks: readonly number[] };
    const { marks, ...entry } = expected;
    const read = readFrame(readFileSync(fileOf(name)), tools, identityOf(entry));
    if (read.kind !== 'good') throw new Error(`${name} is a miss: ${read.reason}`);
    expect(read.marks).toEqual(marks);
    // Fields that came later than the file have what they have in every older frame.
    expect(saidBy(read.entry)).toMatchObject(entry);
  });
});
