/** Advice on a pool: whether it is too small, too large, or in trouble, and what to change. */
import type { Recommendation } from './recommendations.js';
import { COMMANDS_MIN, errorRate, meanWaitMs, utilization, type PoolEvidence } from './scores.js';
import { percentText } from './words.js';

const HIGH_USE = 0.9;
const LOW_USE = 0.2;
const LONG_WAIT_MS = 100;
const MANY_ERRORS = 0.05;
/** A pool that is smaller than this is not worth making smaller. */
const SMALL = 10;

function larger(pool: PoolEvidence, why: string): Recommendation {
  const value = String(Math.max(pool.max + 1, Math.ceil(1.5 * pool.max)));
  const { setting, max, inUseMean, commands } = pool;
  const sentence = `Raise \`${setting}\` from ${max} to ${value}: ${why}.`;
  const wait = Math.round(meanWaitMs(pool));
  const evidence = { max, in_use_mean: inUseMean, commands, mean_wait_ms: wait };
  return { sentence, setting, value, evidence };
}

function onExhaustion(pool: PoolEvidence, span: string): readonly Recommendation[] {
  const { exhaustions, commands, max } = pool;
  if (exhaustions === 0) return [];
  const why =
    `immediately, for over ${span} ${exhaustions} callers got none, beside ` +
    `${commands} who did`;
  return [{ ...larger(pool, why), evidence: { exhaustions, commands, max } }];
}

function onUse(pool: PoolEvidence, span: string): readonly Recommendation[] {
  const used = utilization(pool);
  if (used > HIGH_USE) {
    return [larger(pool, `over ${span}, ${percentText(used)} of it was in use on average`)];
  }
  const wait = meanWaitMs(pool);
  if (wait > LONG_WAIT_MS) {
    return [larger(pool, `over ${span}, callers waited for ${Math.round(wait)} ms on average`)];
  }
  return [];
}

function onErrors(pool: PoolEvidence, span: string): readonly Recommendation[] {
  const rate = errorRate(pool);
  if (rate <= MANY_ERRORS) return [];
  const { name, errors, commands } = pool;
  const { setting, value } = pool.remedy;
  const sentence =
    `Look at what stands behind ${name}, or give \`${setting}\` ${value}: over ${span}, ` +
    `${percentText(rate)} of ${commands} uses ended in an error.`;
  return [{ sentence, setting, value, evidence: { errors, commands } }];
}

/** Only what was seen for a whole span may be called too large. */
function onIdle(pool: PoolEvidence, span: string): readonly Recommendation[] {
  const { max, inUsePeak, setting, commands } = pool;
  if (max <= SMALL || inUsePeak >= LOW_USE * max) return [];
  const value = String(Math.max(SMALL, Math.ceil(0.3 * max)));
  const sentence =
    `\`${setting}\` may go from ${max} down to ${value}: over ${span}, never more than ` +
    `${inUsePeak} were in use.`;
  return [{ sentence, setting, value, evidence: { max, in_use_peak: inUsePeak, commands } }];
}

/** Undefined when it was used too little, and nobody was turned away. */
export function advisePool(
  pool: PoolEvidence,
  { span, whole }: { readonly span: string; readonly whole: boolean },
): readonly Recommendation[] | undefined {
  if (pool.commands < COMMANDS_MIN && pool.exhaustions === 0) return undefined;
  const exhausted = onExhaustion(pool, span);
  // One setting is named once, with the stronger reason.
  const used = exhausted.length > 0 ? [] : onUse(pool, span);
  const troubled = [...exhausted, ...used];
  const idle = troubled.length === 0 && whole ? onIdle(pool, span) : [];
  return [...troubled, ...onErrors(pool, span), ...idle];
}

/** What is wrong with it now, for its health. */
export function poolIssues(pool: PoolEvidence): readonly string[] {
  const { name, errors, exhaustions, commands } = pool;
  const issues: string[] = [];
  if (exhaustions > 0) issues.push(`${exhaustions} callers of ${name} got no connection.`);
  if (errors > 10 && errorRate(pool) > MANY_ERRORS) {
    issues.push(`${errors} of ${commands} uses of ${name} ended in an error.`);
  }
  return issues;
}
