/** Holding a lease: renewed while the computation runs, capped, and given back by who holds it. */
import type { Clock, Timer } from '../clock.js';
import type { RedisPool } from './pool.js';
import { runScript, scriptOf } from './script.js';

export interface HoldingOptions {
  readonly leaseKey: string;
  readonly token: string;
  readonly leaseMs: number;
  readonly holdMsMax: number;
  /** Whether others may have taken it over because this computation began too early for them. */
  readonly isParted?: () => boolean;
}

export interface HoldingTools {
  readonly pool: Pick<RedisPool, 'call' | 'admits'>;
  readonly clock: Clock;
  readonly counts: { renewals: number; lost: number };
}

export interface Holding {
  /** Resolves when it is given back, or Redis did not take it; then it runs out by itself. */
  end(): Promise<void>;
  /** Renews no more. */
  stop(): void;
}

const RENEWALS_A_LEASE = 3;

const RENEW = scriptOf(
  1,
  `if redis.call('get', KEYS[1]) == ARGV[1] then
  return redis.call('pexpire', KEYS[1], ARGV[2])
end
return 0`,
);

/** Only what is still ours: another may hold it since it ran out. */
const RELEASE = scriptOf(
  1,
  `if redis.call('get', KEYS[1]) == ARGV[1] then
  return redis.call('del', KEYS[1])
end
return 0`,
);

export function openHolding(options: HoldingOptions, tools: HoldingTools): Holding {
  const { leaseKey, token, leaseMs, holdMsMax, isParted = () => false } = options;
  const { pool, clock, counts } = tools;
  const endMs = clock.nowMs() + holdMsMax;
  let timer: Timer | undefined;
  let held = true;
  const lose = (): void => {
    if (held && !isParted()) counts.lost += 1;
    held = false;
  };
  const renew = async (): Promise<void> => {
    try {
      const reply = await runScript(pool, 'lock', RENEW, [leaseKey, token, leaseMs]);
      if (!held) return;
      if (reply === 1) counts.renewals += 1;
      else lose();
    } catch {
      // Redis may be back before it runs out; whatever failed is counted by the pool.
    }
    plan();
  };
  const plan = (): void => {
    if (!held) return;
    timer = clock.after(leaseMs / RENEWALS_A_LEASE, () => {
      // Renewed without end by a computation that never ends, it would lock the key for ever.
      if (clock.nowMs() >= endMs) lose();
      else void renew();
    });
  };
  const stop = (): void => {
    held = false;
    timer?.cancel();
  };
  plan();
  return {
    stop,
    async end() {
      const wasHeld = held;
      stop();
      if (!wasHeld || !pool.admits('lock', leaseKey)) return;
      try {
        const reply = await runScript(pool, 'lock', RELEASE, [leaseKey, token]);
        if (reply !== 1 && !isParted()) counts.lost += 1;
      } catch {
        // It runs out by itself.
      }
    },
  };
}
