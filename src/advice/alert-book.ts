/** The alert book: which alert is pending or firing, since when, and what has just changed. */
import type { AlertEvidence, AlertRule, Severity } from './alerts.js';

export interface AlertStanding {
  readonly name: string;
  readonly severity: Severity;
  readonly sentence: string;
  readonly state: 'ok' | 'pending' | 'firing';
  /** When it came into this state; undefined when it has been fine since the start. */
  readonly sinceWallMs: number | undefined;
  readonly value: number | undefined;
  readonly threshold: number;
}

export interface AlertChange extends AlertStanding {
  readonly event: 'firing' | 'resolved';
}

export interface AlertBook {
  /** Judges every rule at this moment; returns what began to fire and what ended. */
  judge(evidence: AlertEvidence, nowMs: number, wallMs: number): readonly AlertChange[];
  standings(): readonly AlertStanding[];
}

interface Page {
  readonly rule: AlertRule;
  state: AlertStanding['state'];
  sinceMs: number;
  sinceWallMs: number | undefined;
  value: number | undefined;
}

function standingOf({ rule, state, sinceWallMs, value }: Page): AlertStanding {
  const { name, severity, sentence, threshold } = rule;
  return { name, severity, sentence, state, sinceWallMs, value, threshold };
}

/** What a rule that has been bad since then, or is fine, stands at. */
function nextState(page: Page, bad: boolean, nowMs: number): AlertStanding['state'] {
  if (!bad) return 'ok';
  if (page.state === 'firing' || page.rule.forMs === 0) return 'firing';
  if (page.state === 'ok') return 'pending';
  return nowMs - page.sinceMs >= page.rule.forMs ? 'firing' : 'pending';
}

export function openAlertBook(rules: readonly AlertRule[]): AlertBook {
  const pages = rules.map((rule): Page => ({
    ...{ rule, state: 'ok', sinceMs: 0, sinceWallMs: undefined, value: undefined },
  }));
  return {
    judge(evidence, nowMs, wallMs) {
      const changes: AlertChange[] = [];
      for (const page of pages) {
        page.value = page.rule.value(evidence);
        const bad = page.value !== undefined && page.rule.isBad(page.value, evidence);
        const before = page.state;
        const state = nextState(page, bad, nowMs);
        if (state === before) continue;
        page.state = state;
        page.sinceMs = nowMs;
        page.sinceWallMs = wallMs;
        if (state === 'firing') changes.push({ ...standingOf(page), event: 'firing' });
        else if (before === 'firing') changes.push({ ...standingOf(page), event: 'resolved' });
      }
      return changes;
    },
    standings: () => pages.map(standingOf),
  };
}
