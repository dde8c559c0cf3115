/** One run of the suite: its origin, the gateway and its client, in a process of their own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openGateway } from './gateway.js';
import { openSuiteOrigin } from './origin.js';
import { countsOf, findingsOf, isFailure, tableOf, type Finding } from './count.js';
import { plainFetch } from './request.js';
import { fetchSuite, loadPart, loadSets } from './suite.js';
import type { Judge, SuiteResults, SuiteSet } from './suite.js';

const HELP = `node tests/conformance/run.mjs [--json | --checks | --direct | --published] [ID …]

  without ID   all tests: the ids that fail, each with the suite's reason, and the table
  ID …         these tests alone, with what client and origin said to each other
  --checks     the answers to the checks too, which blame nobody
  --direct     without the gateway: what the suite thinks of no cache at all
  --published  what other caches reached, from the results that the suite brings along
  --json       all findings as JSON
`;

/** The suite's own number. */
const AT_ONCE = 100;

interface Runner {
  runTests(
    sets: readonly SuiteSet[],
    fetch: typeof plainFetch,
    browserCache: boolean,
    base: string,
    atOnce: number,
  ): Promise<void>;
  getResults(): SuiteResults;
}

export interface MainOptions {
  /** Where the suite is kept between runs. */
  readonly cache: string;
  readonly args: readonly string[];
}

interface Wish {
  readonly ids: readonly string[];
  readonly flags: ReadonlySet<string>;
}

/** The sets with nothing left but the wished tests, which will tell what they see. */
function wished(sets: readonly SuiteSet[], ids: readonly string[]): SuiteSet[] {
  const known = new Set(sets.flatMap((set) => set.tests.map((test) => test.id)));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) throw new Error(`The suite has no test «${unknown}».`);
  return sets.map((set) => {
    const tests = set.tests.filter((test) => ids.includes(test.id));
    for (const test of tests) test.dump = true;
    return { ...set, tests };
  });
}

async function runSuite(folder: string, { ids, flags }: Wish): Promise<Finding[]> {
  const sets = await loadSets(folder);
  const runner = await loadPart<Runner>(folder, 'client/runner.mjs');
  const display = await loadPart<{ determineTestResult: Judge }>(folder, 'lib/display.mjs');
  const origin = await openSuiteOrigin(folder);
  try {
    const gateway = flags.has('--direct') ? undefined : await openGateway(origin.url);
    try {
      const all = ids.length === 0;
      const asked = all ? sets : wished(sets, ids);
      const base = (gateway?.publicUrl ?? origin.url).replace(/\/$/, '');
      // What single tests print would be mixed up if they ran side by side.
      await runner.runTests(asked, plainFetch, false, base, all ? AT_ONCE : 1);
      const results = runner.getResults();
      return findingsOf({ sets, results, judge: display.determineTestResult, all });
    } finally {
      await gateway?.close();
    }
  } finally {
    await origin.close();
  }
}

/** The results that come with the suite, counted as ours are. */
async function published(folder: string): Promise<string> {
  const sets = await loadSets(folder);
  const { determineTestResult: judge } = await loadPart<{ determineTestResult: Judge }>(
    folder,
    'lib/display.mjs',
  );
  const results = join(folder, 'results');
  const files = readdirSync(results).filter((name) => name.endsWith('.json'));
  const lines = files.map((name) => {
    const theirs = JSON.parse(readFileSync(join(results, name), 'utf8')) as SuiteResults;
    const counts = countsOf(findingsOf({ sets, results: theirs, judge, all: true }));
    const scores = counts.map(({ kind, passed, run }) => `${kind} ${passed} of ${run}`);
    return `${name.replace('.json', '').padEnd(16)}${scores.join('   ')}`;
  });
  return lines.join('\n');
}

function lineOf({ id, kind, verdict, reason }: Finding): string {
  return `${id}  (${kind}) ${verdict}${reason === '' ? '' : `  ${reason}`}`;
}

export async function main({ cache, args }: MainOptions): Promise<number> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const flags = new Set(args.filter((word) => word.startsWith('-')));
  const ids = args.filter((word) => !word.startsWith('-'));
  if (flags.has('--help')) {
    say(HELP);
    return 0;
  }
  if (flags.has('--published')) {
    say(await published(await fetchSuite(cache)));
    return 0;
  }
  // The suite's origin prints each refusal as it happens; that is no part of the findings.
  if (ids.length === 0) Object.assign(console, { log: () => undefined });
  const findings = await runSuite(await fetchSuite(cache), { ids, flags });
  if (flags.has('--json')) {
    say(JSON.stringify(findings));
    return 0;
  }
  const shown = (finding: Finding): boolean =>
    ids.length > 0 ||
    isFailure(finding) ||
    (finding.kind === 'check' && (flags.has('--checks') || /failed|retried/.test(finding.verdict)));
  for (const finding of findings.filter(shown)) say(lineOf(finding));
  say(`\n${tableOf(countsOf(findings))}`);
  return findings.some(isFailure) ? 1 : 0;
}
