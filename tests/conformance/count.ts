/** Counts results as the suite itself does, and says them as a table. */
import type { Judge, Kind, SuiteResults, SuiteSet } from './suite.js';

const VERDICTS = {
  '✅': 'passed',
  '⛔️': 'failed',
  '⚠️': 'failed',
  Y: 'yes',
  N: 'no',
  '🔹': 'setup failed',
  '⁉️': 'harness failed',
  '⚪️': 'dependency failed',
  '↻': 'retried',
  '-': 'not run',
} as const;

export type Verdict = (typeof VERDICTS)[keyof typeof VERDICTS];

export interface Finding {
  readonly id: string;
  readonly name: string;
  readonly set: string;
  readonly kind: Kind;
  readonly verdict: Verdict;
  /** The suite's own sentence about what was not as it should be. */
  readonly reason: string;
}

export interface Asked {
  readonly sets: readonly SuiteSet[];
  readonly results: SuiteResults;
  readonly judge: Judge;
  /** Without the others a test cannot be said to depend on them. */
  readonly all: boolean;
}

export function findingsOf({ sets, results, judge, all }: Asked): Finding[] {
  return sets.flatMap((set) =>
    set.tests.flatMap((test): Finding[] => {
      const result = results[test.id];
      if (result === undefined && (test.browser_only === true || !all)) return [];
      const [, , sign] = judge(sets, test.id, results, all);
      const verdict = VERDICTS[sign as keyof typeof VERDICTS];
      const reason = Array.isArray(result) ? `${String(result[0])}: ${String(result[1])}` : '';
      const { id, name, kind = 'required' } = test;
      return [{ id, name, set: set.name, kind, verdict, reason }];
    }),
  );
}

const good = new Set<Verdict>(['passed', 'yes']);

export interface Count {
  readonly kind: Kind;
  readonly passed: number;
  readonly run: number;
  /** Failures and those that say nothing (setup, dependency …), each with its number. */
  readonly others: Readonly<Partial<Record<Verdict, number>>>;
}

export function countsOf(findings: readonly Finding[]): Count[] {
  return (['required', 'optimal', 'check'] as const).map((kind) => {
    const mine = findings.filter((finding) => finding.kind === kind);
    const others: Partial<Record<Verdict, number>> = {};
    for (const { verdict } of mine) {
      if (!good.has(verdict)) others[verdict] = (others[verdict] ?? 0) + 1;
    }
    const passed = mine.filter(({ verdict }) => good.has(verdict)).length;
    return { kind, passed, run: mine.length, others };
  });
}

/** A check asks what a cache does and blames none; only its answer can be missing. */
export function isFailure({ kind, verdict }: Finding): boolean {
  return kind !== 'check' && verdict !== 'passed';
}

export function tableOf(counts: readonly Count[]): string {
  return counts
    .map(({ kind, passed, run, others }) => {
      const rest = Object.entries(others).map(([verdict, number]) => `${number} ${verdict}`);
      const score = `${passed} of ${run}`.padStart(11);
      return `${kind.padEnd(9)}${score}   ${rest.join(', ')}`.trimEnd();
    })
    .join('\n');
}
