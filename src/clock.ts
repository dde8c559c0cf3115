/** The clock: the only file that reads the time or sets a timer; tests turn it by hand. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds on a scale that never jumps; lifetimes, ages and deadlines are measured on it. */
  nowMs(): number;
  /** Milliseconds since 1970; only for what people and HTTP dates read. */
  wallMs(): number;
  /** Runs `action` once. A timer never keeps the process alive by itself. */
  after(delayMs: number, action: () => void): Timer;
  /** Runs `action` again and again. */
  every(periodMs: number, action: () => void): Timer;
}

/** Node turns a longer delay into 1 ms, silently. */
const DELAY_MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, Math.min(delayMs, DELAY_MAX_MS));
    timer.unref();
    return {
      cancel() {
        clearTimeout(timer);
      },
    };
  },
  every(periodMs, action) {
    const timer = setInterval(action, Math.min(periodMs, DELAY_MAX_MS));
    timer.unref();
    return {
      cancel() {
        clearInterval(timer);
      },
    };
  },
};

/** A wall-clock moment as logs and JSON show it. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** A wall-clock moment as HTTP shows it (RFC 9110 section 5.6.7). */
export function httpDate(wallMs: number): string {
  return new Date(wallMs).toUTCString();
}
