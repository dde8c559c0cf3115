/** Records: what the upstream was asked, what it said, and what each caller got of it. */
import type { UpstreamRequest } from '../../src/message.js';
import type { Outcome } from '../../src/message.js';
import type { LifetimeRule } from '../../src/policy/rules.js';
import type { Question } from './plot.js';

/** One question to the upstream. Events are numbered, for many share one moment. */
export interface Call {
  readonly serial: number;
  readonly request: UpstreamRequest;
  readonly path: string;
  readonly query: string | undefined;
  readonly auth: string | undefined;
  readonly lang: string | undefined;
  /** The caller in whose name it was asked; undefined where there was none. */
  readonly asker: Ask | undefined;
  /** The rule that held when its asker asked. */
  readonly rule: LifetimeRule | 'http';
  readonly askedAt: number;
  readonly askedMs: number;
  endedAt: number;
  endedMs: number;
  ending: 'open' | 'answered' | 'failed' | 'given-up';
  status: number;
  headers: readonly string[];
  /** All of it, from the first byte to the last. */
  text: string;
  framed: boolean;
  /** To how many callers it went. */
  given: number;
}

export interface Ask {
  readonly nth: number;
  readonly id: string;
  readonly question: Question;
  readonly askedAt: number;
  readonly askedMs: number;
  readonly rule: LifetimeRule | 'http';
  readonly leaves: AbortController;
  /** A good answer to it is stored, old or new. */
  readonly old: Call | undefined;
  outcome: Outcome | undefined;
  endedMs: number | undefined;
}

/** A purge that has been acknowledged, whoever ordered it. */
export interface Purged {
  readonly mode: 'stale' | 'delete';
  /** What was computed before this event is meant. */
  readonly cutAt: number;
  /** Whoever asks after this event may rely on it. */
  readonly doneAt: number;
  readonly doneMs: number;
  readonly touches: (call: Call) => boolean;
  readonly words: string;
}

export function valueOf(headers: readonly string[], lowerName: string): string | undefined {
  const at = headers.findIndex((text, nth) => nth % 2 === 0 && text.toLowerCase() === lowerName);
  return at < 0 ? undefined : headers[at + 1];
}

/** What the upstream can tell apart. */
export function questionOf({ rule, path, query, auth, lang }: Call): string {
  // Where Vary is not known yet, any answer of the address may be meant.
  return JSON.stringify(rule === 'http' ? [path, query] : [path, query, auth, lang]);
}

/** The same and the host, which a lifetime rule does not send. */
export function identityOf({ path, query, auth, lang, asker }: Call): string {
  return JSON.stringify([asker?.question.host, path, query, auth, lang]);
}

/** The query as the rule says that it is keyed. */
export function queryUnder(
  rule: LifetimeRule | 'http',
  query: string | undefined,
): string | undefined {
  if (query === undefined || rule === 'http' || rule.query === 'exact') return query;
  const { query: listed } = rule;
  const fields = query.split('&').sort();
  if (listed === 'sorted') return fields.join('&');
  const kept = fields.filter((field) => listed.has(field.split('=')[0] ?? ''));
  return kept.length === 0 ? undefined : kept.join('&');
}

const words = (call: Call): string => valueOf(call.headers, 'cache-control') ?? '';

export function secondsOf(call: Call, name: string): number | undefined {
  const found = new RegExp(`(?:^|[ ,])${name}=(\\d+)`).exec(words(call));
  return found === null ? undefined : Number(found[1]);
}

export function says(call: Call, word: string): boolean {
  return words(call)
    .split(/ *, */)
    .some((one) => one === word);
}

export function isFailing(status: number): boolean {
  return status >= 500 || status === 429;
}

/** What RFC 9111 section 3.5 asks for before one caller's answer goes to another. */
export function isSharedByWord(call: Call): boolean {
  return says(call, 'public') || says(call, 'must-revalidate') || words(call).includes('s-maxage');
}

/** Whether the answer may go to nobody but one caller. */
export function isOnesOwn(call: Call): boolean {
  if (says(call, 'private') || says(call, 'no-store')) return true;
  const { rule } = call;
  if (valueOf(call.headers, 'vary') === '*') return true;
  if (rule === 'http') return false;
  if (says(call, 'no-cache') || !call.framed) return true;
  if (valueOf(call.headers, 'set-cookie') !== undefined) return true;
  const vary = valueOf(call.headers, 'vary')?.toLowerCase();
  return vary !== undefined && !rule.headers.includes(vary);
}

/** Asked for one who had waited for another's own answer: nothing is made of it. */
export function isByItself({ asker }: Call): boolean {
  return asker?.outcome?.kind === 'miss' && asker.outcome.refused === 'not-shared';
}
