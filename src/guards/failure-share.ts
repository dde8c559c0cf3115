/** The share of failures among the calls of a sliding window, in a few counters of fixed number. */

export interface ShareOptions {
  /** Reached when this part of the calls failed. */
  readonly share: number;
  /** Fewer calls than this prove nothing. */
  readonly callsMin: number;
  readonly windowMs: number;
}

export interface FailureShare {
  add(good: boolean, nowMs: number): void;
  isReached(nowMs: number): boolean;
  clear(): void;
}

/** The window moves on by a tenth of itself. */
const PARTS = 10;

interface Part {
  nth: number;
  calls: number;
  failures: number;
}

export function openShare({ share, callsMin, windowMs }: ShareOptions): FailureShare {
  const parts: Part[] = Array.from({ length: PARTS }, () => ({ nth: -1, calls: 0, failures: 0 }));
  const nthOf = (nowMs: number): number => Math.floor((nowMs * PARTS) / windowMs);
  return {
    add(good, nowMs) {
      const nth = nthOf(nowMs);
      const part = parts[nth % PARTS];
      if (part === undefined) return;
      if (part.nth !== nth) Object.assign(part, { nth, calls: 0, failures: 0 });
      part.calls += 1;
      if (!good) part.failures += 1;
    },
    isReached(nowMs) {
      const oldest = nthOf(nowMs) - PARTS + 1;
      let calls = 0;
      let failures = 0;
      for (const part of parts) {
        if (part.nth < oldest) continue;
        calls += part.calls;
        failures += part.failures;
      }
      return calls >= callsMin && failures >= share * calls;
    },
    clear() {
      for (const part of parts) part.nth = -1;
    },
  };
}
