/** Sentences for an explanation: why a request goes past the cache, how long an answer holds. */
import type { BypassReason } from '../message.js';
import { lifetimeOf as lifetimeByHttp } from '../policy/freshness.js';
import type { LifetimeRule, Route } from '../policy/rules.js';
import type { Entry } from './entry.js';
import type { Mark } from './marks.js';

const BYPASS: Readonly<Record<BypassReason, string>> = {
  'no-cache-rule': 'The route has no `cache`, so everything passes through.',
  method: 'This method is not one that the route keeps answers of.',
  credentials: 'It carries a credential that the key does not cover.',
  cookies: 'It carries a Cookie, and the route says that such requests go past the cache.',
  body: 'It carries a body that the key does not cover.',
  range: 'It asks for a part, and nothing is stored from which to cut it.',
  condition: 'It carries a condition that only the origin may judge.',
};

export function bypassSentence(reason: BypassReason): string {
  return BYPASS[reason];
}

export interface LifetimeWords {
  /** Where the lifetime comes from. */
  readonly source:
    'rule' | 'origin' | 'errorTtl' | 's-maxage' | 'max-age' | 'expires' | 'heuristic' | 'none';
  readonly sentence: string;
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

export function markSentence(mark: Mark, nowMs: number): string {
  const left = seconds(mark.untilMs - nowMs);
  if (mark.kind === 'alone') {
    const { reason } = mark;
    return `Its answers are not shared (${reason}): for ${left} callers ask side by side.`;
  }
  return `Asking failed (${mark.code}), ${mark.failures} in a row: it is asked again in ${left}.`;
}

function underRule(rule: LifetimeRule, entry: Entry | undefined): LifetimeWords {
  const { ttlMs, staleWhileRevalidateMs, staleIfErrorMs, origin, windowMs } = rule;
  if (entry?.negative === true) {
    const sentence = 'An error answer: it holds as long as errorTtl says for its status.';
    return { source: 'errorTtl', sentence };
  }
  const windows =
    `${seconds(staleWhileRevalidateMs)} more while a new one is computed, ` +
    `${seconds(staleIfErrorMs)} more when the upstream fails`;
  if (windowMs !== undefined && origin === 'override') {
    const sentence = `Until the end of its window of ${seconds(windowMs)} by the rule; ${windows}.`;
    return { source: 'rule', sentence };
  }
  if (origin === 'override') {
    return { source: 'rule', sentence: `${seconds(ttlMs)} by the rule; ${windows}.` };
  }
  const word = origin === 'cap' ? 'at most' : 'where the origin says nothing';
  return {
    source: 'origin',
    sentence: `What the origin says, ${word} ${seconds(ttlMs)}; ${windows}.`,
  };
}

/** Where the lifetime of what is stored comes from, or that of an answer that would come. */
export function lifetimeOf({ cache }: Route, entry: Entry | undefined): LifetimeWords | null {
  if (cache === 'none') return null;
  if (cache !== 'http') return underRule(cache, entry);
  if (entry?.http === undefined) {
    const sentence = 'What the origin says with its answer decides (RFC 9111 section 4.2.1).';
    return { source: 'origin', sentence };
  }
  const { status, headers, arrivedWallMs: wallMs, http } = entry;
  const arrival = { status, headers, directives: http.directives, wallMs, delayMs: 0 };
  const { source, lifetimeMs } = lifetimeByHttp(arrival);
  const sentence =
    source === 'none'
      ? 'Nothing says how long it holds, so it is asked about each time.'
      : `${seconds(lifetimeMs)} by ${source} of the stored answer.`;
  return { source, sentence };
}
