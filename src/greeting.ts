/** The greeting: where to go, what is switched off, and how to switch it on. */

export interface GreetingFacts {
  readonly version: string;
  readonly publicUrl: string;
  readonly operationsUrl: string;
  /** A path that shows something at once; undefined when no route leads to the built-in service. */
  readonly tryPath: string | undefined;
  /** Printed once, to a terminal only, when nobody configured a token. */
  readonly madeToken: string | undefined;
  readonly hasToken: boolean;
  readonly hasSecret: boolean;
  /** Redis has an address; whether it answers is in /health/ready. */
  readonly hasRedis: boolean;
  readonly notYet: readonly string[];
}

export function greeting(facts: GreetingFacts): string {
  const { publicUrl, operationsUrl, tryPath } = facts;
  const lines = [`Leyden ${facts.version} is up.`, ''];
  if (tryPath !== undefined) {
    lines.push(`  energy    curl -i ${publicUrl}${tryPath}`);
    lines.push('            ask twice: the first computes, the second is a hit');
  } else lines.push(`  public    ${publicUrl}`);
  lines.push(`  metrics   curl ${operationsUrl}/metrics`);
  lines.push(`  health    curl ${operationsUrl}/health/ready`);
  lines.push(`  dashboard ${operationsUrl}/dashboard`, '');
  const off: string[] = [];
  if (!facts.hasRedis) off.push('  off: Redis; set REDIS_URL to share answers between gateways');
  else if (!facts.hasSecret) off.push('  off: Redis, for it needs a secret');
  if (facts.madeToken !== undefined) {
    lines.push(`  operator token for this run: ${facts.madeToken}`, '');
  } else if (!facts.hasToken) {
    off.push('  off: operator acts; set OPERATIONS_TOKEN to 32 random characters or more');
  }
  if (!facts.hasSecret) {
    off.push('  off: a lasting secret; set LEYDEN_SECRET to 32 random bytes or more to keep one');
  }
  lines.push(...off);
  if (facts.notYet.length > 0) {
    lines.push(`  set, but without effect in this version: ${facts.notYet.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}
